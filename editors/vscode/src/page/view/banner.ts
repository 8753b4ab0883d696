import type { ServerView } from "../../chat/wire";
import { tell } from "../host";
import { button } from "../items/permission";
import { h, icon } from "./dom";

/** A line above the conversation, where the bridge is not as it should be. */
export function bannerFor(server: ServerView): HTMLElement[] {
  const command = (name: "restart" | "showLog" | "tryDemo") => () => tell({ type: "command", command: name });
  switch (server.state) {
    case "restarting":
      return [h("div", { class: "banner", role: "status" }, icon("sync", "codicon-modifier-spin"), "Reconnecting…")];
    case "failed":
      return [
        h(
          "div",
          { class: "banner failed", role: "alert" },
          icon("error"),
          h("div", {}, server.why ?? "The bridge does not run."),
          button("Restart", "secondary", command("restart")),
          button("Show the log", "secondary", command("showLog")),
        ),
      ];
    default:
      return [];
  }
}

/** What is shown where nothing has been said yet. */
export function welcome(server: ServerView): HTMLElement {
  const demo = server.demo
    ? h("p", {}, "This is the demo: say ", h("code", {}, "help"), " to see what it can do. No account, no cost.")
    : h("p", {}, "Ask about your code. Claude asks you before it changes something.");
  const tryIt = button("Try the demo, without an account", "secondary", () =>
    tell({ type: "command", command: "tryDemo" }),
  );
  return h("div", { class: "welcome" }, icon("sparkle"), h("h2", {}, "Claude"), demo, server.demo ? undefined : tryIt);
}

const STATUS: Record<string, string> = {
  starting: "Starting",
  requesting: "Thinking",
  retrying: "The API failed; trying again",
  compacting: "Summarising the conversation",
  waitingForPermission: "Waiting for you",
  waitingForServers: "Waiting for MCP servers",
  queued: "Waiting for its turn",
  stalled: "Claude has said nothing for a long time",
};

/** The line below the conversation: what Claude does now. */
export function activityText(
  busy: boolean,
  status: { status: string; detail?: string } | undefined,
  holder: string | undefined,
): string {
  if (!busy && status?.status !== "starting" && status?.status !== "queued") return "";
  if (!status) return "Working";
  if (holder && status.status === "waitingForPermission") return "Waiting for an answer";
  const says = STATUS[status.status] ?? status.status;
  return status.detail && status.status !== "waitingForPermission" ? `${says}: ${status.detail}` : says;
}
