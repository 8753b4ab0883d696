type Child = Node | string | false | undefined;
type Properties = Record<string, string | number | boolean | undefined | ((event: never) => void)>;

/**
 * Makes an element: `h("button", { class: "primary", onclick: run }, "Run")`. Functions are listeners, `true` is an
 * attribute without a value, and what is `false` or `undefined` is left out.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== false && child !== undefined));
  return element;
}

/** One of VS Code's own icons; for the eye alone. */
export function icon(name: string, ...classes: string[]): HTMLElement {
  return h("span", { class: ["codicon", `codicon-${name}`, ...classes].join(" "), "aria-hidden": "true" });
}

/** A button that shows an icon, and says what it is to those who do not see it. */
export function iconButton(name: string, label: string, onclick: () => void): HTMLButtonElement {
  return h("button", { type: "button", class: "icon-button", title: label, "aria-label": label, onclick }, icon(name));
}
