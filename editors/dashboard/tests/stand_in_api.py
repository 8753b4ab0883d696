"""A stand-in for the Messages API on loopback, for the real CLI: it says what the last message tells it to.

`say WORDS` is answered with those words, `write FILE` by a call of the tool Write, `call NAME JSON` by that of any
other, `forever` by a text that does not end, and what a tool answered by `the tool said: …`.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

Block = dict[str, Any]


class StandInApi:
    """The running stand-in; `requests` are the bodies of those that belong to a conversation."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self.requests: list[dict[str, Any]] = []
        self.stopped = threading.Event()
        self._server.stand_in = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def stop(self) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def environment(self, home: Path) -> dict[str, str]:
        """What lets the CLI work with no network and no account."""
        return {
            "ANTHROPIC_API_KEY": "sk-ant-test",
            "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{self._server.server_address[1]}",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_MAX_RETRIES": "2",
            "CLAUDE_CONFIG_DIR": str(home / ".claude"),
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "DISABLE_TELEMETRY": "1",
            "HOME": str(home),
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def stand_in(self) -> StandInApi:
        return cast("StandInApi", self.server.stand_in)  # type: ignore[attr-defined]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        pass

    def do_HEAD(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "count_tokens" in self.path:
            self._answer({"input_tokens": 1})
            return
        if body.get("tools"):
            self.stand_in.requests.append(body)
        reply = reply_to(body)
        if body.get("stream"):
            self._stream(body["model"], reply)
        else:
            self._answer({**_envelope(body["model"]), "content": [reply], "stop_reason": _stop_reason(reply)})

    def _answer(self, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _stream(self, model: str, reply: Block) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        try:
            for event in events(model, reply, self.stand_in.stopped):
                self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
                self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            pass  # interrupted
        self.close_connection = True


def reply_to(body: dict[str, Any]) -> Block:
    """What the model says, or calls."""
    last = [message for message in body["messages"] if message["role"] == "user"][-1]["content"]
    blocks: list[Block] = [{"type": "text", "text": last}] if isinstance(last, str) else last
    if (result := blocks[0]).get("type") == "tool_result":
        return _text(f"the tool said: {json.dumps(result['content'])}")
    words = " ".join(block.get("text", "") for block in blocks if "<system-reminder>" not in block.get("text", ""))
    if words.startswith("write "):
        arguments = {"file_path": words.removeprefix("write ").strip(), "content": "written"}
        return {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex}", "name": "Write", "input": arguments}
    if words.startswith("call "):
        name, given = words.removeprefix("call ").split(" ", 1)
        return {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex}", "name": name, "input": json.loads(given)}
    if words.startswith("recall"):
        said = json.dumps(body["messages"][:-1])
        return _text("remembered" if "a secret word" in said else "forgotten")
    return _text(words.removeprefix("say "))


def events(model: str, reply: Block, stopped: threading.Event) -> Iterator[dict[str, Any]]:
    """The events that a reply is streamed as."""
    yield {"type": "message_start", "message": _envelope(model)}
    if reply["type"] == "text":
        yield {"type": "content_block_start", "index": 0, "content_block": _text("")}
        for word in reply["text"].split(" "):
            yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word + " "}}
        while "forever" in reply["text"] and not stopped.wait(0.02):
            yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "and "}}
    else:
        yield {"type": "content_block_start", "index": 0, "content_block": {**reply, "input": {}}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(reply["input"])}
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    ending: dict[str, Any] = {"stop_reason": _stop_reason(reply), "stop_sequence": None}
    yield {"type": "message_delta", "delta": ending, "usage": {"output_tokens": 1}}
    yield {"type": "message_stop"}


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _stop_reason(reply: Block) -> str:
    return "tool_use" if reply["type"] == "tool_use" else "end_turn"


def _envelope(model: str) -> dict[str, Any]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    message: dict[str, Any] = {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
    }
    return {**message, "stop_reason": None, "stop_sequence": None, "usage": usage}
