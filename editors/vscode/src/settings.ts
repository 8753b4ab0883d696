import * as vscode from "vscode";
import { initializationOptions } from "./server/options";

const SECTION = "claudeBridge";
/** Settings of the extension itself, which mean nothing to the bridge. */
const OWN = ["path", "demo", "mode", "model", "editorTools", "sendWith"];
/** Those that take effect without a new start of the bridge. */
const LIVE = ["mode", "model", "sendWith"];

/** The value of one of the extension's own settings. */
export function own<T>(key: string): T {
  return vscode.workspace.getConfiguration(SECTION).get(key) as T;
}

export async function setOwn(key: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration(SECTION).update(key, value, vscode.ConfigurationTarget.Global);
}

/** What the bridge is told at its start. The demo has a history of its own, so that the person's has none of it. */
export function bridgeOptions(context: vscode.ExtensionContext): Record<string, unknown> {
  const options = initializationOptions(mirroredKeys(context), explicitly);
  if (own<boolean>("demo")) {
    options.dataDir ??= vscode.Uri.joinPath(context.globalStorageUri, "demo").fsPath;
  }
  return options;
}

/** Whether a change concerns what the bridge was told at its start. */
export function needsRestart(context: vscode.ExtensionContext, change: vscode.ConfigurationChangeEvent): boolean {
  const keys = [...mirroredKeys(context), ...OWN.filter((key) => !LIVE.includes(key))];
  return keys.some((key) => change.affectsConfiguration(`${SECTION}.${key}`));
}

function mirroredKeys(context: vscode.ExtensionContext): string[] {
  const configuration: { properties: object }[] = context.extension.packageJSON.contributes.configuration;
  return configuration
    .flatMap(({ properties }) => Object.keys(properties))
    .map((key) => key.slice(SECTION.length + 1))
    .filter((key) => !OWN.includes(key));
}

/** What somebody set, wherever it may be set; VS Code ignores values in places that the setting's scope forbids. */
function explicitly(key: string): unknown {
  const configuration = vscode.workspace.getConfiguration(SECTION);
  const found = configuration.inspect(key);
  const isSet = [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue].some((v) => v !== undefined);
  return isSet ? plain(configuration.get(key)) : undefined;
}

/** Objects that VS Code gives are proxies. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
