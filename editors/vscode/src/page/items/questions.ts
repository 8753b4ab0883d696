import type { Permission, PermissionAnswer, Question } from "../../protocol";
import { h, icon } from "../view/dom";
import { button } from "./permission";

/** Claude's questions, each with its choices and a place for an answer of the person's own. */
export function questionView(permission: Permission, send: (answer: PermissionAnswer) => void): HTMLElement[] {
  const questions = permission.questions ?? [];
  const fields = questions.map((question, index) => questionField(question, `${permission.id}-${index}`));
  const reply = button("Answer", "primary", () => {
    const answers = Object.fromEntries(
      questions.map(({ question }, index) => [question, fields[index]?.answer() ?? ""]),
    );
    send({ behavior: "allow", answers });
  });
  const refresh = () => {
    reply.disabled = !fields.every((field) => field.answer().length > 0);
  };
  for (const { element } of fields) element.addEventListener("input", refresh);
  refresh();
  return [
    h("h3", {}, icon("question"), "Claude asks"),
    ...fields.map(({ element }) => element),
    h(
      "div",
      { class: "buttons" },
      reply,
      button("Do not answer", "secondary deny", () => send({ behavior: "deny" })),
    ),
  ];
}

interface Field {
  element: HTMLElement;
  answer(): string | string[];
}

function questionField({ question, header, options = [], multiSelect }: Question, name: string): Field {
  const type = multiSelect ? "checkbox" : "radio";
  const choices = options.map(({ label, description }) => {
    const input = h("input", { type, name, value: label });
    const text = h("span", {}, label, description ? h("span", { class: "quiet" }, ` ${description}`) : undefined);
    return { input, element: h("label", { class: "option" }, input, text) };
  });
  const other = h("input", { type: "text", class: "other", placeholder: "Something else" });
  other.setAttribute("aria-label", `${question} Something else`);
  // One answer alone: what is written takes the place of what is chosen, and the other way round.
  other.addEventListener("input", () => {
    if (!multiSelect && other.value !== "") for (const { input } of choices) input.checked = false;
  });
  for (const { input } of choices) {
    input.addEventListener("change", () => {
      if (!multiSelect) other.value = "";
    });
  }
  const answer = () => {
    const chosen = choices.filter(({ input }) => input.checked).map(({ input }) => input.value);
    const all = other.value.trim() ? [...chosen, other.value.trim()] : chosen;
    return multiSelect ? all : (all[0] ?? "");
  };
  const legend = h("legend", {}, header ? h("span", { class: "header" }, header) : undefined, question);
  return { element: h("fieldset", {}, legend, ...choices.map(({ element }) => element), other), answer };
}
