import * as vscode from "vscode";
import { inWords } from "../protocol";
import { askSelection, attachFile, focusChat } from "./attach";
import { health, leaveDemo, restart, showLog, tryDemo, usage } from "./bridge";
import { setMode, setModel, setStudy } from "./choose";
import type { Parts } from "./context";
import { menu } from "./menu";
import { allow, deny } from "./permission";
import { search } from "./search";
import {
  closeSession,
  compact,
  deleteSession,
  exportSession,
  fork,
  interrupt,
  newSession,
  openSession,
  rename,
} from "./session";

type Command = (parts: Parts, argument?: unknown) => Promise<void>;

const COMMANDS: Record<string, Command> = {
  newSession,
  openSession,
  search,
  focusChat,
  askSelection,
  attachFile,
  interrupt,
  allow,
  deny,
  setMode,
  setModel,
  setStudy,
  compact,
  rename,
  fork,
  export: exportSession,
  close: closeSession,
  delete: deleteSession,
  refreshSessions: async ({ tree }) => tree.refresh(),
  moreSessions: async ({ tree }) => tree.showMore(),
  menu,
  usage,
  health,
  tryDemo,
  leaveDemo,
  restart,
  showLog,
};

/** Registers all commands. What fails in one is told to the person, with what to do about it. */
export function registerCommands(parts: Parts): vscode.Disposable {
  const registered = Object.entries(COMMANDS).map(([name, run]) =>
    vscode.commands.registerCommand(`claudeBridge.${name}`, async (argument?: unknown) => {
      try {
        await run(parts, argument);
      } catch (error) {
        parts.log.error(`${name}: ${inWords(error)}`);
        void vscode.window.showErrorMessage(inWords(error));
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}
