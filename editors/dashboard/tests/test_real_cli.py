"""The client, the built program and the real Claude CLI, against a stand-in for the API."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from claude_bridge import Bridge, Tool, ToolCall, allow, deny
from claude_bridge.protocol import Permission, PermissionAnswer
from conftest import REPOSITORY, MakeBridge, descendants, gone
from stand_in_api import StandInApi


@pytest.fixture(scope="module")
def cli() -> str:
    """The Claude CLI that tests/cli pins."""
    found = list((REPOSITORY / "tests/cli/node_modules/@anthropic-ai").glob("claude-code-*/claude"))
    assert found, "there is no Claude CLI: run npm ci --prefix tests/cli --ignore-scripts"
    return str(found[0])


@pytest.fixture
def api() -> Iterator[StandInApi]:
    api = StandInApi()
    yield api
    api.stop()


async def test_a_conversation_with_the_real_cli(
    make_bridge: MakeBridge, cli: str, api: StandInApi, tmp_path: Path
) -> None:
    decisions = [allow(), deny("not there")]

    async def on_permission(permission: Permission) -> PermissionAnswer:
        assert permission["toolName"] == "Write"
        return decisions.pop(0)

    def bridge_of(home: Path) -> Bridge:
        options = {"dataDir": str(tmp_path / "data"), "cli": {"path": cli}}
        environment = api.environment(home)
        return make_bridge(demo=False, options=options, environment=environment, on_permission=on_permission)

    async with bridge_of(tmp_path) as bridge:
        session = await bridge.create_session()
        streamed = "".join([text async for text in session.send("say a secret word").text()])
        assert streamed.strip() == "a secret word"

        turn = await session.send(f"write {tmp_path / 'allowed.txt'}")
        assert (tmp_path / "allowed.txt").read_text() == "written"
        assert [call["name"] for call in turn["toolCalls"]] == ["Write"]
        turn = await session.send(f"write {tmp_path / 'denied.txt'}")
        assert not (tmp_path / "denied.txt").exists()
        assert "not there" in turn["text"]
        assert decisions == []

        endless = session.send("say forever")
        async for event in endless:
            if event["kind"] == "textDelta":
                await session.interrupt()
        assert endless.turn is not None
        assert endless.turn["stopReason"] == "interrupted"

        assert bridge.pid is not None
        killed: int | None = None
        below = descendants(bridge.pid)
        endless = session.send("say forever")
        async for event in endless:
            if event["kind"] == "textDelta" and killed is None:
                killed = bridge.pid
                os.kill(killed, signal.SIGKILL)
        assert endless.turn is not None
        assert endless.turn["stopReason"] == "interrupted"
        assert (await session.send("recall"))["text"].strip() == "remembered"
        assert await gone(below)


async def test_claude_calls_a_tool_of_the_dashboards_own(
    make_bridge: MakeBridge, cli: str, api: StandInApi, tmp_path: Path
) -> None:
    async def add(call: ToolCall) -> str:
        return f"it is {call.arguments['a'] + call.arguments['b']}"

    schema = {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}}
    options = {"dataDir": str(tmp_path / "data"), "cli": {"path": cli}}
    own = [Tool("add", "Adds two numbers.", add, input_schema=schema)]
    async with make_bridge(demo=False, options=options, environment=api.environment(tmp_path), own_tools=own) as bridge:
        session = await bridge.create_session()
        turn = await session.send('call mcp__editor__add {"a": 20, "b": 22}')
        assert "it is 42" in turn["text"]
