import type { PermissionBehavior } from "../protocol";
import type { Parts } from "./context";

/** Answers the permission that has waited longest in the chat. Questions need the chat: they have answers of their own. */
async function answerFirst({ chats, view }: Parts, behavior: PermissionBehavior): Promise<void> {
  const follower = chats.current;
  const permission = follower?.permissions[0];
  if (!follower || !permission) return;
  if (permission.kind === "question" && behavior === "allow") {
    await view.focus();
    return;
  }
  await follower.answer(permission.id, { behavior, scope: "once" });
}

export const allow = (parts: Parts) => answerFirst(parts, "allow");
export const deny = (parts: Parts) => answerFirst(parts, "deny");
