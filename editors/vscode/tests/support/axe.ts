import axe from "axe-core";
import type { Window } from "./window";

/** What is against WCAG's rules in the chat's page: a line for each element, none where all is well. */
export async function accessProblems(window: Window): Promise<string[]> {
  const frame = await window.chatFrame();
  await frame.evaluate(axe.source);
  return frame.evaluate(async () => {
    // What is behind the page is VS Code's, where axe does not see it.
    const { body, documentElement } = document;
    documentElement.style.background = getComputedStyle(body).getPropertyValue("--vscode-sideBar-background");
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
      // VS Code makes the page around it.
      rules: { "page-has-heading-one": { enabled: false }, "landmark-one-main": { enabled: true } },
    });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary?.replaceAll("\n", " ")}`),
    );
  });
}
