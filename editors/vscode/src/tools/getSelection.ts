import { meantEditor } from "../chat/editors";
import { type EditorTool, object } from "./tool";
import { label } from "./workspace";

/** What the person has marked. */
export const getSelection: EditorTool = {
  name: "getSelection",
  annotations: { readOnlyHint: true },
  description: "The file that the person looks at, where the cursor is, and the text that is selected.",
  inputSchema: object({}),
  async run() {
    const editor = meantEditor();
    if (!editor) return "No file is open.";
    const { document, selection } = editor;
    const place = { file: label(document.uri), language: document.languageId, unsaved: document.isDirty };
    if (selection.isEmpty) return JSON.stringify({ ...place, cursorLine: selection.active.line + 1, text: "" });
    return JSON.stringify({
      ...place,
      firstLine: selection.start.line + 1,
      lastLine: selection.end.line + 1,
      text: document.getText(selection),
    });
  },
};
