import * as vscode from "vscode";
import type { Mode, Study } from "../protocol";
import { failureOf } from "../protocol";
import type { Parts } from "./context";

/** Lets the person choose what Claude may do. */
export async function setMode({ chats, server }: Parts): Promise<void> {
  const power = server.info?.modes.includes("power") ?? false;
  const items: (vscode.QuickPickItem & { mode: Mode })[] = [
    { mode: "user", label: "$(shield) User mode", detail: "Claude asks before it does what is not allowed." },
    {
      mode: "power",
      label: "$(warning) Power mode",
      detail: power
        ? "Claude may do everything, without asking."
        : "Not enabled. See the setting claudeBridge.modes.power.enabled.",
    },
  ];
  const chosen = await vscode.window.showQuickPick(items, { title: "Mode of this session", placeHolder: chats.mode });
  if (!chosen || chosen.mode === chats.mode) return;
  try {
    await chats.setMode(chosen.mode);
  } catch (error) {
    await explainRefusal(error);
  }
}

async function explainRefusal(error: unknown): Promise<void> {
  if (failureOf(error).kind !== "modeNotAllowed") throw error;
  const open = "Open the setting";
  const text = "Power mode is not enabled. The setting claudeBridge.modes.power.enabled allows it.";
  const answer = await vscode.window.showErrorMessage(text, open);
  if (answer !== open) return;
  await vscode.commands.executeCommand("workbench.action.openSettings", "claudeBridge.modes.power.enabled");
}

/** Lets the person choose the model, among those that the CLI offers, or by its name. */
export async function setModel({ chats, server }: Parts): Promise<void> {
  const session = chats.current?.session;
  if (!session) {
    await vscode.window.showInformationMessage(
      "The model can be chosen once the session has begun. That of new sessions is the setting claudeBridge.model.",
    );
    return;
  }
  const { models = [] } = await server.request("session/capabilities", { sessionId: session.id });
  const items = models.map(({ id, name, description }) => ({
    label: name,
    description: id === (session.model ?? "default") ? `${id} (now)` : id,
    detail: description,
    id,
  }));
  const other = { label: "Another model…", description: "by its name", detail: undefined, id: "" };
  const chosen = await vscode.window.showQuickPick([...items, other], { title: "Model of this session" });
  const model = chosen?.id === "" ? await vscode.window.showInputBox({ title: "Name of the model" }) : chosen?.id;
  if (!model) return;
  const changed = await server.request("session/setModel", { sessionId: session.id, model });
  chats.changed(changed.session);
}

/** Lets the person choose what the session is about. */
export async function setStudy({ chats, server }: Parts): Promise<void> {
  const session = chats.current?.session;
  if (!session) {
    await vscode.window.showInformationMessage("A study can be chosen once the session has begun.");
    return;
  }
  const { studies } = await server.request("study/list", {});
  const chosen = await vscode.window.showQuickPick(studyItems(studies, session.studyId), {
    title: "Study of this session",
    placeHolder: studies.length === 0 ? "There are no studies here" : undefined,
  });
  if (!chosen || chosen.studyId === session.studyId) return;
  const { studyId } = chosen;
  const changed = await server.request("session/setStudy", { sessionId: session.id, ...(studyId && { studyId }) });
  chats.changed(changed.session);
}

function studyItems(studies: Study[], current: string | undefined): (vscode.QuickPickItem & { studyId?: string })[] {
  const items = studies.map(({ id, path }) => ({
    label: `$(beaker) ${id}`,
    description: id === current ? "(now)" : undefined,
    detail: path,
    studyId: id,
  }));
  return current === undefined ? items : [...items, { label: "$(circle-slash) No study" }];
}
