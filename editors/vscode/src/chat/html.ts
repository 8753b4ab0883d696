import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

/** The chat's page: nothing but our own script, style and font; no network. */
export function chatPage(webview: vscode.Webview, extension: vscode.Uri): string {
  const nonce = randomBytes(16).toString("base64");
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(extension, "dist", "page", name));
  const policy = [
    "default-src 'none'",
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    "img-src data: blob:",
    `script-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${file("page.css")}">
<title>Claude</title>
</head>
<body>
<div id="app"></div>
<script nonce="${nonce}" src="${file("page.js")}"></script>
</body>
</html>`;
}
