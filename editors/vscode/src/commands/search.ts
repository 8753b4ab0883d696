import { searchMessages } from "../search";
import type { Parts } from "./context";

/** Finds a message in any session, and shows it where it was said. */
export async function search(parts: Parts): Promise<void> {
  const chosen = await searchMessages(parts.server);
  if (!chosen) return;
  await parts.chats.show(chosen.sessionId);
  await parts.view.reveal(chosen.messageId);
}
