import { changedFile } from "../../diff/sides";
import type { PermissionAnswer, PermissionScope } from "../../protocol";
import { tell } from "../host";
import { codeBlock } from "../markdown/code";
import { nodes } from "../markdown/nodes";
import { parsed } from "../markdown/syntax";
import type { Asked, ToolItem } from "../model/items";
import { h, icon } from "../view/dom";
import { changeView } from "./change";
import { questionView } from "./questions";
import { linkButton, openDiff } from "./tool";

/** What the person is asked about a tool, or what became of it. */
export function permissionView(item: ToolItem, asked: Asked): HTMLElement[] {
  if (asked.outcome) return outcomeView(asked);
  const { permission } = asked;
  const send = (answer: PermissionAnswer) => tell({ type: "answer", permissionId: permission.id, answer });
  const card = h("section", { class: "card", "aria-label": `Claude asks: ${permission.title}` });
  if (asked.holder) card.append(...askedElsewhere(item, asked));
  else if (permission.kind === "question") card.append(...questionView(permission, send));
  else if (permission.kind === "plan") card.append(...planView(asked, send));
  else card.append(...toolQuestion(item, asked, send));
  if (asked.sending) for (const control of card.querySelectorAll("button, input, textarea")) disable(control);
  if (asked.problem) card.append(h("p", { class: "problem", role: "alert" }, icon("warning"), asked.problem));
  return [card];
}

type Send = (answer: PermissionAnswer) => void;

function toolQuestion(item: ToolItem, { permission, edited }: Asked, send: Send): HTMLElement[] {
  const parts: HTMLElement[] = [h("h3", {}, icon("shield"), permission.title)];
  if (permission.description) parts.push(h("p", { class: "quiet" }, permission.description));
  parts.push(changeView(item) ?? whatItDoes(item));
  if (changedFile(item.name, item.input) !== undefined) {
    const title = "What you change and save on its right side is what is allowed";
    parts.push(linkButton("diff", "Open the diff", () => openDiff(item), title));
  }
  if (edited) {
    parts.push(h("p", { class: "edited", role: "status" }, icon("edit"), "Your own version of it will be used."));
  }
  parts.push(...answers(permission, send));
  return parts;
}

/** The question can be read, and is answered where the session runs. */
function askedElsewhere(item: ToolItem, { permission, holder }: Asked): HTMLElement[] {
  return [
    h("h3", {}, icon("shield"), permission.title),
    ...(permission.kind === "tool" ? [changeView(item) ?? whatItDoes(item)] : []),
    h("p", { class: "quiet" }, `Waits for an answer in ${holder}.`),
  ];
}

function whatItDoes({ name, input }: ToolItem): HTMLElement {
  if (name === "Bash" && typeof input.command === "string") return codeBlock(input.command, "bash");
  return codeBlock(JSON.stringify(input, undefined, 2), "json");
}

function answers({ suggestions = [] }: Asked["permission"], send: Send): HTMLElement[] {
  let chosen = suggestions[0]?.id;
  const allow = (scope: PermissionScope) =>
    send({ behavior: "allow", scope, ...(scope !== "once" && chosen && { suggestionId: chosen }) });
  const choice = suggestions.length > 1 && suggestionChoice(suggestions, (id) => (chosen = id));
  const single = suggestions.length === 1 ? suggestions[0]?.label : undefined;
  const reason = h("input", { type: "text", class: "reason", placeholder: "What to do instead" });
  const deny = () => send({ behavior: "deny", ...(reason.value.trim() && { message: reason.value.trim() }) });
  reason.addEventListener("keydown", (event) => {
    if (event.key === "Enter") deny();
  });
  reason.setAttribute("aria-label", "Why not: Claude is told");
  return [
    ...(choice ? [choice] : []),
    h(
      "div",
      { class: "buttons" },
      button("Allow once", "primary", () => allow("once")),
      ...(suggestions.length > 0
        ? [
            button("For this session", "secondary", () => allow("session"), single),
            button("For this project", "secondary", () => allow("project"), single),
          ]
        : []),
    ),
    h("div", { class: "buttons" }, button("Deny", "secondary deny", deny), reason),
  ];
}

function suggestionChoice(suggestions: { id: string; label: string }[], choose: (id: string) => void): HTMLElement {
  const select = h(
    "select",
    { "aria-label": "What is allowed from now on" },
    ...suggestions.map(({ id, label }) => h("option", { value: id }, label)),
  );
  select.addEventListener("change", () => choose(select.value));
  return h("label", { class: "choice quiet" }, "From now on: ", select);
}

function planView({ permission }: Asked, send: Send): HTMLElement[] {
  const plan = h("div", { class: "plan markdown" });
  const text = String((permission.input as { plan?: unknown }).plan ?? permission.description ?? "");
  plan.append(nodes(parsed(text)));
  const wish = h("input", { type: "text", class: "reason", placeholder: "What should be different" });
  wish.setAttribute("aria-label", "What should be different in the plan");
  const reject = () => send({ behavior: "deny", ...(wish.value.trim() && { message: wish.value.trim() }) });
  wish.addEventListener("keydown", (event) => {
    if (event.key === "Enter") reject();
  });
  return [
    h("h3", {}, icon("checklist"), "Claude's plan"),
    plan,
    h(
      "div",
      { class: "buttons" },
      button("Carry it out", "primary", () => send({ behavior: "allow" })),
    ),
    h("div", { class: "buttons" }, button("Go on planning", "secondary deny", reject), wish),
  ];
}

export function button(label: string, kind: string, onclick: () => void, title?: string): HTMLButtonElement {
  return h("button", { type: "button", class: `button ${kind}`, onclick, title }, label);
}

function outcomeView({ outcome, by, permission }: Asked): HTMLElement[] {
  const who = { client: "by you", deadline: "since nobody answered", nobody: "since nobody could be asked" };
  const how = by && by in who ? ` ${who[by as keyof typeof who]}` : "";
  if (outcome === "allow" && permission.kind === "tool") return [outcomeLine("check", `Allowed${how}`)];
  if (outcome === "deny") return [outcomeLine("circle-slash", `Denied${how}`)];
  return outcome === "withdrawn" ? [outcomeLine("discard", "No longer asked")] : [];
}

function outcomeLine(name: string, text: string): HTMLElement {
  return h("p", { class: "outcome quiet" }, icon(name), text);
}

function disable(control: Element): void {
  control.setAttribute("disabled", "");
}
