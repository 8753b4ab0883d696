import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { rememberEditors } from "../../src/chat/editors";
import { editorTools } from "../../src/tools";
import { until } from "../support/process";

const folder = () => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";

async function call(name: string, args: Record<string, unknown> = {}) {
  const { content, isError } = await editorTools.call({ sessionId: "s", name, arguments: args });
  return { text: content.map((block) => ("text" in block ? block.text : "")).join(""), isError };
}

describe("the editor's tools", () => {
  before(async () => {
    await mkdir(join(folder(), "src"), { recursive: true });
    await writeFile(join(folder(), "src/shapes.json"), '{\n  "circle": 1,\n  "square": 2\n}\n');
    rememberEditors();
  });

  it("are declared with a schema each", () => {
    const names = editorTools.definitions().map(({ name }) => name);
    assert.deepEqual(names, ["openFile", "getSelection", "getDiagnostics", "findSymbols"]);
    for (const { inputSchema } of editorTools.definitions())
      assert.equal((inputSchema as { type: string }).type, "object");
  });

  it("open a file at a line, and tell the selection", async () => {
    assert.equal((await call("openFile", { path: "src/shapes.json", line: 2, endLine: 3 })).isError, undefined);
    await until("it is shown at the line", () => vscode.window.activeTextEditor?.selection.start.line === 1);
    const selection = JSON.parse((await call("getSelection")).text);
    assert.equal(selection.file, "src/shapes.json");
    assert.match(selection.text, /circle[\s\S]*square/);
  });

  it("reach nothing outside of the workspace, not through a link either", async () => {
    await symlink("/etc/passwd", join(folder(), "link")).catch((error) => assert.equal(error.code, "EEXIST"));
    for (const path of ["/etc/passwd", "../../etc/passwd", "link"]) {
      assert.deepEqual(await call("openFile", { path }), {
        text: `${path} is not a file of the workspace`,
        isError: true,
      });
    }
  });

  it("tell diagnostics, the worst first", async () => {
    const uri = vscode.Uri.file(join(folder(), "src/shapes.json"));
    const diagnostics = vscode.languages.createDiagnosticCollection("test");
    const at = (line: number) => new vscode.Range(line, 0, line, 1);
    diagnostics.set(uri, [
      new vscode.Diagnostic(at(0), "only a hint", vscode.DiagnosticSeverity.Hint),
      new vscode.Diagnostic(at(2), "really wrong", vscode.DiagnosticSeverity.Error),
    ]);
    const { problems } = JSON.parse((await call("getDiagnostics", { path: "src/shapes.json" })).text);
    assert.deepEqual(
      problems.map(({ severity, message, line }: Record<string, unknown>) => [severity, message, line]),
      [
        ["error", "really wrong", 3],
        ["hint", "only a hint", 1],
      ],
    );
    diagnostics.dispose();
  });

  it("find the symbols of a file", async () => {
    const names = await until("there are symbols", async () => {
      const { symbols } = JSON.parse((await call("findSymbols", { path: "src/shapes.json" })).text);
      return symbols.length > 0 && symbols.map(({ name }: { name: string }) => name);
    });
    assert.deepEqual(names, ["circle", "square"]);
  });

  it("say what is wrong with a call", async () => {
    assert.match((await call("openFile", {})).text, /`path` has to be a text/);
    assert.match((await call("openFile", { path: "src/shapes.json", line: 0 })).text, /`line` has to be a line number/);
    assert.match((await call("findSymbols", {})).text, /`path` or `query`/);
    assert.match((await call("nonsense")).text, /no tool named nonsense/);
  });
});
