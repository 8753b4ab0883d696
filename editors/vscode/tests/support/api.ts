import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

type Json = Record<string, unknown>;

/** What the stand-in does: says texts, with a pause between any two, or calls a tool. */
export type Reply =
  | { say: string[]; pauseMs?: number; perPause?: number }
  | { use: string; input: Json; first?: string };

/** What answers a message: `said` is what the person said last, `result` what a tool did, where one has just run. */
export type Answer = (request: { said: string; result?: string; all: string[]; tools: string[] }) => Reply;

/** A stand-in for the Messages API, on loopback, for the real CLI. */
export class MessagesApi {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(answer: Answer): Promise<MessagesApi> {
    const server = createServer((request, response) => {
      respond(request, response, answer).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (!address || typeof address === "string") throw new Error("no port");
    return new MessagesApi(server, `http://127.0.0.1:${address.port}`);
  }

  /** What the CLI has to know in order to ask here, and nobody else. */
  get env(): Record<string, string> {
    return {
      ANTHROPIC_BASE_URL: this.url,
      ANTHROPIC_API_KEY: "not-a-key",
      DISABLE_AUTOUPDATER: "1",
      DISABLE_TELEMETRY: "1",
      DISABLE_ERROR_REPORTING: "1",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      CLAUDE_CODE_MAX_RETRIES: "2",
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function respond(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  const body = await read(request);
  const path = request.url?.split("?")[0];
  if (request.method !== "POST" || path !== "/v1/messages") {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(path?.endsWith("count_tokens") ? { input_tokens: 10 } : {}));
    return;
  }
  const message = JSON.parse(body) as Json;
  const tools = ((message.tools ?? []) as { name: string }[]).map(({ name }) => name);
  // What the CLI asks beside the conversation offers no tools.
  const reply = tools.length === 0 ? { say: ["beside the conversation"] } : answer(asked(message, tools));
  if (message.stream) await stream(response, String(message.model), reply);
  else
    response.end(JSON.stringify(envelope(String(message.model), [{ type: "text", text: textOf(reply) }], "end_turn")));
}

function asked(message: Json, tools: string[]): Parameters<Answer>[0] {
  const messages = message.messages as { role: string; content: string | Json[] }[];
  const texts = (content: string | Json[]) =>
    (typeof content === "string" ? [content] : content.map(({ text }) => String(text ?? ""))).filter(
      (text) => text !== "" && !text.startsWith("<system-reminder>"),
    );
  const all = messages.filter(({ role }) => role === "user").flatMap(({ content }) => texts(content));
  const last = messages.filter(({ role }) => role === "user").at(-1)?.content ?? "";
  const results = typeof last === "string" ? [] : last.filter(({ type }) => type === "tool_result");
  const result = results.length > 0 ? JSON.stringify(results.map(({ content }) => content)) : undefined;
  return { said: all.at(-1) ?? "", result, all, tools };
}

async function stream(response: ServerResponse, model: string, reply: Reply): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (event: Json) => response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  send({ type: "message_start", message: envelope(model, [], null) });
  const usesTool = "use" in reply;
  const opening = usesTool ? reply.first : undefined;
  let index = 0;
  if (!usesTool || opening) {
    send({ type: "content_block_start", index, content_block: { type: "text", text: "" } });
    await say(response, send, index, usesTool ? { say: [opening ?? ""] } : reply);
    send({ type: "content_block_stop", index });
    index += 1;
  }
  if (usesTool) {
    const id = `toolu_${Date.now()}_${Math.trunc(Math.random() * 1e6)}`;
    send({ type: "content_block_start", index, content_block: { type: "tool_use", id, name: reply.use, input: {} } });
    const delta = { type: "input_json_delta", partial_json: JSON.stringify(reply.input) };
    send({ type: "content_block_delta", index, delta });
    send({ type: "content_block_stop", index });
  }
  const stop_reason = usesTool ? "tool_use" : "end_turn";
  send({ type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 7 } });
  send({ type: "message_stop" });
  response.end();
}

/** `perPause` texts, then a pause; a reader that is gone ends it. */
async function say(
  response: ServerResponse,
  send: (event: Json) => void,
  index: number,
  { say, pauseMs = 0, perPause = 1 }: Extract<Reply, { say: string[] }>,
): Promise<void> {
  const began = Date.now();
  for (const [number, text] of say.entries()) {
    if (response.destroyed) return;
    send({ type: "content_block_delta", index, delta: { type: "text_delta", text } });
    const due = began + Math.floor((number + 1) / perPause) * pauseMs;
    // By the clock, so that a late timer makes no slower stream.
    if (pauseMs > 0 && due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
  }
}

function envelope(model: string, content: Json[], stop_reason: string | null): Json {
  const usage = { input_tokens: 10, output_tokens: 7, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
  const id = `msg_${Date.now()}_${Math.trunc(Math.random() * 1e6)}`;
  return { id, type: "message", role: "assistant", model, content, stop_reason, stop_sequence: null, usage };
}

function textOf(reply: Reply): string {
  return "say" in reply ? reply.say.join("") : (reply.first ?? "");
}

async function read(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  return body;
}
