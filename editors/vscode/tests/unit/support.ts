import type { EventOf, Message, Session, SessionEvent } from "../../src/protocol";

type Body = SessionEvent extends infer E
  ? E extends SessionEvent
    ? Omit<E, "seq" | "sessionId" | "at">
    : never
  : never;

export function event(seq: number, body: Body): SessionEvent {
  return { seq, sessionId: "s", at: "2026-03-01T12:00:00.000Z", ...body } as SessionEvent;
}

export function delta(seq: number, itemId: string, offset: number, text: string): EventOf<"textDelta"> {
  return event(seq, { kind: "textDelta", itemId, offset, text }) as EventOf<"textDelta">;
}

export function message(seq: number, role: Message["role"], ...content: Message["content"]): Message {
  return { id: `m${seq}`, sessionId: "s", turnId: "t", seq, role, content, createdAt: "2026-03-01T12:00:00.000Z" };
}

export function session(fields: Partial<Session> = {}): Session {
  return {
    id: "s",
    title: "A session",
    mode: "user",
    cwd: "/w",
    state: "idle",
    createdAt: "2026-03-01T12:00:00.000Z",
    lastActiveAt: "2026-03-01T12:00:00.000Z",
    messageCount: 0,
    lastSeq: 0,
    usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
    costUsd: 0,
    ...fields,
  };
}
