"""A sidecar that does as it is told, for what a good one never does. Its first argument names the part it plays."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

SESSION: dict[str, Any] = {
    "id": "0190a000-0000-7000-8000-000000000001",
    "title": "",
    "mode": "user",
    "cwd": "/",
    "state": "idle",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "lastActiveAt": "2026-01-01T00:00:00.000Z",
    "messageCount": 0,
    "lastSeq": 0,
    "usage": {},
    "costUsd": 0,
}
TURN: dict[str, Any] = {"id": "t1", "sessionId": SESSION["id"], "stopReason": "completed", "text": "", "toolCalls": []}


def read() -> dict[str, Any] | None:
    length = 0
    while line := sys.stdin.buffer.readline():
        if line == b"\r\n":
            message: dict[str, Any] = json.loads(sys.stdin.buffer.read(length))
            return message
        length = int(line.split(b":")[1])
    return None


def write(message: dict[str, Any], headers: str = "") -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(f"{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    sys.stdout.buffer.flush()


def event(token: str, seq: int, kind: str, **fields: Any) -> None:
    value: dict[str, Any] = {
        "seq": seq,
        "sessionId": SESSION["id"],
        "turnId": "t1",
        "at": SESSION["createdAt"],
        "kind": kind,
        **fields,
    }
    write({"method": "$/progress", "params": {"token": token, "value": {"event": value}}})


def initialize(number: int) -> None:
    abilities = {"protocolVersion": 1, "methods": ["message/send"], "modes": ["user", "dance"], "events": []}
    server = {"name": "fake", "version": "9"}
    result = {"serverInfo": server, "capabilities": {"experimental": {"claudeBridge": abilities}}}
    write({"id": number, "result": result}, headers="X-Other: 1\r\n")


def main(part: str) -> None:
    if part == "refuses-twice":
        tries = Path(sys.argv[2])
        tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
        if len(tries.read_text()) in (2, 3):
            sys.exit("not today")
    while message := read():
        number = message.get("id")
        match message.get("method"), part:
            case "initialize", "silent":
                time.sleep(60)
            case "initialize", _:
                declared = message["params"]["capabilities"]["experimental"]["claudeBridge"].get("tools", [])
                assert (part == "calls-tools") == bool(declared), declared
                initialize(number or 0)
            case "shutdown", "deaf":
                pass
            case "shutdown", _:
                write({"id": number, "result": None})
            case "exit", "deaf":
                time.sleep(60)
            case "exit", _:
                sys.exit(0)
            case "session/create", _:
                write({"id": number, "result": {"session": {**SESSION, "state": "levitating", "aura": "blue"}}})
            case "session/get", "garbage":
                os.write(1, b"Content-Length: 5\r\n\r\n{nope")
                time.sleep(60)
            case "session/get", _:
                error = {"kind": "fromTheFuture", "retryable": True, "hint": "wait", "more": 1}
                write({"id": number, "error": {"code": 9999, "message": "not yet", "data": error}})
            case "message/send", "calls-tools":
                token = message["params"]["partialResultToken"]
                event(token, 1, "turnStarted", origin="client")
                for seq, (name, arguments) in enumerate([("add", {"a": 1, "b": 2}), ("fail", {}), ("unknown", {})], 2):
                    asked = {"sessionId": SESSION["id"], "name": name, "arguments": arguments, "toolUseId": f"u{seq}"}
                    write({"id": f"s{seq}", "method": "tool/call", "params": asked})
                    answer = read() or {}
                    event(token, seq, "textDelta", itemId="m1", offset=0, text=json.dumps(answer["result"]))
                event(token, 9, "turnCompleted", turn=TURN)
                write({"id": number, "result": TURN})
            case "message/send", _:
                token = message["params"]["partialResultToken"]
                event(token, 1, "turnStarted", origin="muse")
                event(token, 2, "hologram", colour="green")
                event(token, 3, "textDelta", itemId="m1", offset=0, text="hé", extra=True)
                event(token, 4, "turnCompleted", turn=TURN)
                write({"id": number, "result": TURN})
            case _:
                pass


if __name__ == "__main__":
    main(sys.argv[1])
