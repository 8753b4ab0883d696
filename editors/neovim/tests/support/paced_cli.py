#!/usr/bin/env python3
"""A stand-in for the Claude CLI whose speed a test sets, in the frames of the real one.

    pace COUNT RATE    COUNT pieces of text, RATE a second
    anything else      an answer of some lines of Markdown, at once
"""

import json
import sys
import time
import uuid

SESSION = next((word.split("=", 1)[1] for word in sys.argv if word.startswith(("--session-id=", "--resume="))), "")
PARAGRAPH = ["Some ", "**bold** ", "words ", "and ", "`code` ", "stream ", "past, ", "word ", "after ", "word. "] * 4
LIST = ["- a ", "point ", "of ", "a ", "list\n"] * 5
CODE = ["local ", "value ", "= ", "{ ", "1, ", "'two' ", "}\n"] * 40
PIECES = ["## A ", "heading\n\n", *PARAGRAPH, "\n\n", *LIST, "\n", "```lua\n", *CODE, "```\n\n", *PARAGRAPH, "\n\n"]
COMMANDS = [{"name": "review", "description": "Looks at what was changed", "argumentHint": "[file]"},
            {"name": "compact", "description": "Makes room", "argumentHint": ""}]
ANSWER = """Here is the answer to *{said}*:

- it has a list,
- with `code` and **bold** words in it.

```lua
local answer = {{ {said:?<40} }}
return answer
```

And a last line, so that there is something to read."""


def send(frame):
    sys.stdout.write(json.dumps({"session_id": SESSION, "uuid": str(uuid.uuid4()), **frame}) + "\n")


def stream(event):
    send({"type": "stream_event", "parent_tool_use_id": None, "event": event})


def say(pieces):
    """One message of one text."""
    message = {"id": f"msg_{uuid.uuid4()}", "type": "message", "role": "assistant", "model": "paced", "content": [],
               "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
    stream({"type": "message_start", "message": message})
    stream({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    said = []
    for piece in pieces:
        said.append(piece)
        stream({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}})
    text = "".join(said)
    send({"type": "assistant", "parent_tool_use_id": None,
          "message": {**message, "content": [{"type": "text", "text": text}]}})
    stream({"type": "content_block_stop", "index": 0})
    stream({"type": "message_stop"})
    return text


def paced(count, rate):
    """The pieces, each at its time; those that are due come at once."""
    began = time.monotonic()
    for number in range(count):
        wait = began + number / rate - time.monotonic()
        if wait > 0:
            sys.stdout.flush()
            time.sleep(wait)
        yield PIECES[number % len(PIECES)]


def answer(said):
    words = said.split()
    if words[:1] == ["pace"]:
        return say(paced(int(words[1]), float(words[2])))
    return say([ANSWER.replace("{said:?<40}", json.dumps(said)).replace("{{", "{").replace("}}", "}")
                .replace("{said}", said)])


def text_of(content):
    if isinstance(content, str):
        return content
    return " ".join(block.get("text", "") for block in content)


def main():
    if "--version" in sys.argv:
        print("2.1.330 (Claude Code)")
        return
    for line in sys.stdin:
        frame = json.loads(line)
        if frame["type"] == "control_request":
            send({"type": "control_response", "response": {
                "subtype": "success", "request_id": frame["request_id"],
                "response": {"commands": COMMANDS, "agents": [], "models": [], "mcpServers": []}}})
        elif frame["type"] == "user":
            send({"type": "system", "subtype": "init", "cwd": ".", "tools": [], "mcp_servers": [], "model": "paced",
                  "permissionMode": "default", "slash_commands": [], "apiKeySource": "none",
                  "claude_code_version": "2.1.330"})
            text = answer(text_of(frame["message"]["content"]))
            send({"type": "result", "subtype": "success", "is_error": False, "num_turns": 1, "duration_ms": 1,
                  "duration_api_ms": 1, "result": text, "stop_reason": "end_turn", "total_cost_usd": 0,
                  "usage": {"input_tokens": 1, "output_tokens": 1}, "modelUsage": {}, "permission_denials": []})
        sys.stdout.flush()


main()
