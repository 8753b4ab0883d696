import * as vscode from "vscode";
import type { DiffRequest } from "../chat/wire";
import { editedInput } from "./sides";

const SCHEME = "claude-bridge-change";

interface Proposal {
  diff: DiffRequest;
  before: string;
  text: string;
  mtime: number;
  isEdited: boolean;
}

/** The right sides of changes that Claude asks about: files that can be edited and saved, and are nowhere on a disk. */
export class Proposals implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly all = new Map<string, Proposal>();
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  private readonly edited = new vscode.EventEmitter<string>();
  /** The person has saved a version of their own: of which tool call. */
  readonly onDidEdit = this.edited.event;
  private readonly registration = vscode.workspace.registerFileSystemProvider(SCHEME, this, { isCaseSensitive: true });

  /** Where a change can be edited. What has been made of it already is kept. */
  open(diff: DiffRequest, path: string, before: string, after: string): vscode.Uri {
    const { toolUseId } = diff;
    if (!this.all.has(toolUseId)) {
      this.all.set(toolUseId, { diff, before, text: after, mtime: Date.now(), isEdited: false });
    }
    return vscode.Uri.from({ scheme: SCHEME, authority: "after", path, query: toolUseId });
  }

  /** The input of a tool with what the person has made of it; nothing where they have made nothing. */
  inputOf(toolUseId: string): Record<string, unknown> | undefined {
    const proposal = this.all.get(toolUseId);
    if (!proposal?.isEdited) return undefined;
    return editedInput(proposal.diff.name, proposal.diff.input, proposal.before, proposal.text);
  }

  /** It has been answered: what is saved from now on would change nothing. */
  forget(toolUseId: string): void {
    this.all.delete(toolUseId);
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const { text, mtime } = this.at(uri);
    return { type: vscode.FileType.File, ctime: 0, mtime, size: Buffer.byteLength(text) };
  }

  readFile(uri: vscode.Uri): Uint8Array {
    return Buffer.from(this.at(uri).text);
  }

  writeFile(uri: vscode.Uri, content: Uint8Array): void {
    const proposal = this.at(uri);
    Object.assign(proposal, { text: Buffer.from(content).toString(), mtime: Date.now(), isEdited: true });
    this.changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
    this.edited.fire(proposal.diff.toolUseId);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => {});
  }

  readDirectory(): [] {
    return [];
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
    this.edited.dispose();
  }

  private at(uri: vscode.Uri): Proposal {
    const proposal = this.all.get(uri.query);
    if (!proposal) throw vscode.FileSystemError.FileNotFound("This change has been answered already.");
    return proposal;
  }
}
