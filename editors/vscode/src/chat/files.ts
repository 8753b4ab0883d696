import * as vscode from "vscode";
import { meantEditor } from "./editors";
import { best } from "./fuzzy";

const MOST_FILES = 20_000;
const MOST_SHOWN = 12;
/** For how long a list of files is good: as long as somebody goes on typing. */
const FRESH_MS = 10_000;

let listed: { paths: Promise<string[]>; at: number } | undefined;

/** The files of the workspace that answer best to what was typed; those that are open come first. */
export async function findFiles(typed: string): Promise<string[]> {
  if (!listed || Date.now() - listed.at > FRESH_MS) listed = { paths: list(), at: Date.now() };
  const paths = await listed.paths;
  const open = typed === "" ? openFiles() : [];
  return [...new Set([...open, ...best(paths, typed, MOST_SHOWN)])].slice(0, MOST_SHOWN);
}

/** What the selection is called: "src/main.rs:3-9"; nothing where nothing is selected. */
export function selectionLabel(): string | undefined {
  const editor = meantEditor();
  if (!editor || editor.selection.isEmpty) return undefined;
  const { start, end } = editor.selection;
  const path = vscode.workspace.asRelativePath(editor.document.uri, false);
  return `${path}:${start.line + 1}-${end.line + 1}`;
}

async function list(): Promise<string[]> {
  const uris = await vscode.workspace.findFiles("**/*", undefined, MOST_FILES);
  return uris.map((uri) => vscode.workspace.asRelativePath(uri, false));
}

function openFiles(): string[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .flatMap(({ input }) => (input instanceof vscode.TabInputText && input.uri.scheme === "file" ? [input.uri] : []))
    .map((uri) => vscode.workspace.asRelativePath(uri, false));
}
