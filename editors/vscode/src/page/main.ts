import "@vscode/codicons/dist/codicon.css";
import "./style.css";
import { App } from "./app";
import { listen, tell } from "./host";

const root = document.getElementById("app");
if (root) {
  const app = new App(root);
  listen((message) => app.take(message));
  tell({ type: "ready" });
}
