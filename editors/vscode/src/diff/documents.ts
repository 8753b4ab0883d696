import { posix } from "node:path";
import * as vscode from "vscode";
import { absolute } from "../chat/attach";
import type { DiffRequest } from "../chat/wire";
import type { Proposals } from "./proposals";
import { changedFile, originalOf, type Sides, sidesOf } from "./sides";

const SCHEME = "claude-bridge-diff";
const MOST_KEPT = 40;

/** Shows what a tool changes in VS Code's own diff editor. */
export class Diffs implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);

  constructor(private readonly proposals: Proposals) {}

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "This change is no longer known. Open it again from the chat.";
  }

  async show(diff: DiffRequest, cwd: string): Promise<void> {
    const path = changedFile(diff.name, diff.input);
    if (!path) return;
    const original = originalOf(diff.structured) ?? (await textOf(absolute(path, cwd)));
    const sides = sidesOf(diff.name, diff.input, original);
    const kept = this.keep(diff.toolUseId, path, sides);
    // What stands alone cannot be put back into its file.
    const isWhole = diff.name === "Write" || sides.before === original;
    const after =
      diff.isAsked && isWhole ? this.proposals.open(diff, kept.after.path, sides.before, sides.after) : kept.after;
    const title = `${posix.basename(path)} (${diff.structured ? "changed by Claude" : "Claude wants to change this"})`;
    await vscode.commands.executeCommand("vscode.diff", kept.before, after, title, { preview: true });
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
    this.texts.clear();
  }

  private keep(id: string, path: string, sides: Sides): { before: vscode.Uri; after: vscode.Uri } {
    const side = (name: keyof Sides) => {
      const uri = vscode.Uri.from({ scheme: SCHEME, authority: name, path: absolute(path, "/").path, query: id });
      this.texts.set(uri.toString(), sides[name]);
      this.changed.fire(uri);
      return uri;
    };
    const uris = { before: side("before"), after: side("after") };
    for (const key of [...this.texts.keys()].slice(0, -MOST_KEPT)) this.texts.delete(key);
    return uris;
  }
}

/** The text as the editor has it; nothing of a file that is not there. */
async function textOf(uri: vscode.Uri): Promise<string | undefined> {
  return vscode.workspace.openTextDocument(uri).then(
    (document) => document.getText(),
    () => undefined,
  );
}
