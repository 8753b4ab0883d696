import assert from "node:assert/strict";
import { changedFile, editedInput, originalOf, sidesOf } from "../../src/diff/sides";
import { triggerAt } from "../../src/page/composer/trigger";
import { lineChange } from "../../src/page/items/lines";
import { openFence } from "../../src/page/markdown/fence";
import { blockStarts, cut } from "../../src/page/markdown/syntax";

describe("Markdown", () => {
  it("is cut where a block is complete, and nowhere within one", () => {
    const text = "# A\n\ntext\nmore\n\n- one\n\n- two\n\n```js\na\n\nb\n```\nend";
    const blocks = blockStarts(text).map((start, index, all) => text.slice(start, all[index + 1]).trim());
    assert.deepEqual(blocks, ["# A", "text\nmore", "- one\n\n- two", "```js\na\n\nb\n```", "end"]);
    for (const [whole, last] of [
      [text, "end"],
      ["only one", "only one"],
      ["# A\n\n- one\n- two\n\n  more", "- one\n- two\n\n  more"],
      ["\n", "\n"],
    ] as const) {
      assert.equal(whole.slice(cut(whole).at), last);
    }
  });

  it("knows a code block that is still open", () => {
    assert.equal(openFence("```rust\nfn main() {}\n")?.language, "rust");
    assert.equal(openFence("```rust\nfn main() {}\n```\n"), undefined);
    assert.equal(openFence("````md\n```\ninner\n```\n")?.language, "md");
    assert.equal(openFence("```ru"), undefined, "its first line is not complete");
    assert.equal(openFence("text\n```\n"), undefined);
  });
});

describe("changes", () => {
  it("show a file before and after", () => {
    const input = { file_path: "a", old_string: "b", new_string: "$&", replace_all: false };
    assert.deepEqual(sidesOf("Edit", input, "abcb"), { before: "abcb", after: "a$&cb" });
    assert.deepEqual(sidesOf("Edit", { ...input, replace_all: true }, "abcb"), { before: "abcb", after: "a$&c$&" });
    assert.deepEqual(sidesOf("Write", { content: "new" }, undefined), { before: "", after: "new" });
    const edits = [
      { old_string: "a", new_string: "b" },
      { old_string: "b", new_string: "c" },
    ];
    assert.deepEqual(sidesOf("MultiEdit", { edits }, "a"), { before: "a", after: "c" });
  });

  it("are made to another input where the person has edited them", () => {
    const before = "a\nb\nb\nc\n";
    const write = editedInput("Write", { file_path: "f", content: "x" }, before, "y");
    assert.deepEqual(write, { file_path: "f", content: "y" });
    for (const after of [
      "a\nb\nB\nc\n",
      "b\nb\nc\n",
      "a\nb\nb\nc\nd",
      "new\na\nb\nb\nc\n",
      "",
      "a\nb\nb\nb\nc\n",
      "a\nb\nb\nc\n\n",
    ]) {
      const edit = editedInput("Edit", { file_path: "f", old_string: "b", new_string: "x" }, before, after);
      assert.equal(before.split(String(edit.old_string)).length, 2, "it is found, and once");
      assert.deepEqual(sidesOf("Edit", edit, before), { before, after });
      const multi = editedInput("MultiEdit", { file_path: "f", edits: [] }, before, after);
      assert.deepEqual(sidesOf("MultiEdit", multi, before), { before, after });
    }
  });

  it("stand alone where they do not fit the file", () => {
    const input = { old_string: "gone", new_string: "new" };
    assert.deepEqual(sidesOf("Edit", input, "other"), { before: "gone", after: "new" });
    assert.deepEqual(sidesOf("Edit", input, undefined), { before: "gone", after: "new" });
  });

  it("are known by the tool", () => {
    assert.equal(changedFile("Edit", { file_path: "a" }), "a");
    assert.equal(changedFile("Read", { file_path: "a" }), undefined);
    assert.equal(originalOf({ originalFile: "text" }), "text");
    assert.equal(originalOf(undefined), undefined);
  });

  it("are shown by the lines that differ", () => {
    assert.deepEqual(lineChange("a\nb\nc\n", "a\nx\ny\nc\n"), { same: ["a"], removed: ["b"], added: ["x", "y"] });
    assert.deepEqual(lineChange("", "new\n"), { same: [], removed: [], added: ["new"] });
    assert.deepEqual(lineChange("a\na", "a"), { same: ["a"], removed: ["a"], added: [] });
  });
});

describe("the input", () => {
  it("completes a command at the beginning and a file after a space", () => {
    assert.deepEqual(triggerAt("/co", 3), { kind: "command", typed: "co", start: 0, end: 3 });
    assert.deepEqual(triggerAt("see @src/m and", 10), { kind: "file", typed: "src/m", start: 4, end: 10 });
    for (const text of ["a /co", "me@example", "plain", "@a b"])
      assert.equal(triggerAt(text, text.length), undefined, text);
  });
});
