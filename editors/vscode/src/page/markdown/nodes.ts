import DOMPurify from "dompurify";
import { html } from "./syntax";

/** Markdown as nodes. Of what the model writes nothing reaches the page that is not in DOMPurify's list of the harmless. */
export function nodes(text: string): DocumentFragment {
  return DOMPurify.sanitize(html(text), {
    RETURN_DOM_FRAGMENT: true,
    ALLOWED_ATTR: ["href", "title", "start", "data-language"],
    FORBID_TAGS: ["img", "style", "form", "input", "button", "svg", "math"],
  });
}
