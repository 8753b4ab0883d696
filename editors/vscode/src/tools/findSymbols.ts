import * as vscode from "vscode";
import { type EditorTool, object, ToolProblem, text } from "./tool";
import { inWorkspace, label } from "./workspace";

const MOST = 200;

interface Found {
  name: string;
  kind: string;
  file: string;
  line: number;
  container?: string;
}

/** Where functions, types and the like are, as the editor's language servers know them. */
export const findSymbols: EditorTool = {
  name: "findSymbols",
  annotations: { readOnlyHint: true },
  description: "Functions, types and other symbols: those of a file (`path`), or those of the workspace by `query`.",
  inputSchema: object({
    path: { type: "string", description: "The file whose symbols are wanted" },
    query: { type: "string", description: "A part of the name" },
  }),
  async run(args) {
    const query = typeof args.query === "string" ? args.query : undefined;
    if (args.path === undefined && !query) throw new ToolProblem("`path` or `query` has to be given");
    const found = args.path === undefined ? await inAll(query ?? "") : await inFile(text(args, "path"), query);
    return JSON.stringify({
      symbols: found.slice(0, MOST),
      ...(found.length > MOST && { leftOut: found.length - MOST }),
    });
  },
};

async function inAll(query: string): Promise<Found[]> {
  const found = await vscode.commands.executeCommand<vscode.SymbolInformation[] | undefined>(
    "vscode.executeWorkspaceSymbolProvider",
    query,
  );
  return (found ?? []).map(flat);
}

async function inFile(path: string, query: string | undefined): Promise<Found[]> {
  const uri = await inWorkspace(path);
  const found = await vscode.commands.executeCommand<(vscode.DocumentSymbol | vscode.SymbolInformation)[] | undefined>(
    "vscode.executeDocumentSymbolProvider",
    uri,
  );
  const all = (found ?? []).flatMap((symbol) => ("range" in symbol ? nested(symbol, label(uri)) : [flat(symbol)]));
  return query ? all.filter(({ name }) => name.toLowerCase().includes(query.toLowerCase())) : all;
}

function flat({ name, kind, location, containerName }: vscode.SymbolInformation): Found {
  const place = { file: label(location.uri), line: location.range.start.line + 1 };
  return { name, kind: kindName(kind), ...place, ...(containerName && { container: containerName }) };
}

function nested(symbol: vscode.DocumentSymbol, file: string, container?: string): Found[] {
  const { name, kind, selectionRange, children } = symbol;
  const own = {
    name,
    kind: kindName(kind),
    file,
    line: selectionRange.start.line + 1,
    ...(container && { container }),
  };
  return [own, ...children.flatMap((child) => nested(child, file, name))];
}

function kindName(kind: vscode.SymbolKind): string {
  return (vscode.SymbolKind[kind] ?? "other").toLowerCase();
}
