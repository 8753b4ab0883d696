import type { PermissionBehavior } from "../protocol";
import type { Parts } from "./context";

/** Answers the permission that has waited longest in the chat. Questions need the chat: they have answers of their own. */
async function answerFirst({ chats, view }: Parts, behavior: PermissionBehavior): Promise<void> {
  const permission = chats.current?.permissions[0];
  if (!permission) return;
  if (permission.kind === "question" && behavior === "allow") {
    await view.focus();
    return;
  }
  await chats.answer(permission.id, { behavior, scope: "once" });
}

export const allow = (parts: Parts) => answerFirst(parts, "allow");
export const deny = (parts: Parts) => answerFirst(parts, "deny");
