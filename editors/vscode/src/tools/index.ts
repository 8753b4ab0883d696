import type { ToolCallParams, ToolCallResult, ToolDefinition } from "../protocol";
import type { Tools } from "../server/server";
import { own } from "../settings";
import { findSymbols } from "./findSymbols";
import { getDiagnostics } from "./getDiagnostics";
import { getSelection } from "./getSelection";
import { openFile } from "./openFile";
import type { EditorTool } from "./tool";

const ALL: EditorTool[] = [openFile, getSelection, getDiagnostics, findSymbols];

/** What the editor offers to Claude. All of it looks, and changes nothing. */
export const editorTools: Tools = {
  definitions(): ToolDefinition[] {
    if (!own<boolean>("editorTools")) return [];
    return ALL.map(({ run: _run, ...definition }) => definition);
  },

  async call({ name, arguments: args }: ToolCallParams): Promise<ToolCallResult> {
    const tool = ALL.find((candidate) => candidate.name === name);
    if (!tool) return answer(`This editor has no tool named ${name}`, true);
    return tool.run(args ?? {}).then(
      (text) => answer(text),
      (error: unknown) => answer(error instanceof Error ? error.message : String(error), true),
    );
  },
};

function answer(text: string, isError?: true): ToolCallResult {
  return { content: [{ type: "text", text }], ...(isError && { isError }) };
}
