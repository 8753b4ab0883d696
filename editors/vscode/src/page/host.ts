import type { FromPage, ToPage } from "../chat/wire";

/** What the page keeps while it is hidden or loaded anew. */
export interface Kept {
  draft?: string;
}

interface VsCode {
  postMessage(message: FromPage): void;
  getState(): Kept | undefined;
  setState(state: Kept): void;
}

declare function acquireVsCodeApi(): VsCode;

const vscode = acquireVsCodeApi();

export function tell(message: FromPage): void {
  vscode.postMessage(message);
}

export function listen(take: (message: ToPage) => void): void {
  window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => take(data));
}

export function kept(): Kept {
  return vscode.getState() ?? {};
}

export function keep(state: Kept): void {
  vscode.setState(state);
}
