"""The client against the built program and its built-in agent."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from claude_bridge import (
    Bridge,
    BridgeClosedError,
    BridgeError,
    SidecarExitedError,
    SidecarNotFoundError,
    Tool,
    ToolCall,
    allow,
    deny,
    kinds,
)
from claude_bridge.protocol import Permission, PermissionAnswer, SessionEvent
from conftest import FAKE, MakeBridge, descendants, gone, until, until_running


def text_of(events: list[SessionEvent]) -> str:
    return "".join(event["text"] for event in events if event["kind"] == "textDelta")


# Conversations


async def test_a_turn_streams_and_then_says_how_it_ended(bridge: Bridge) -> None:
    session = await bridge.create_session(title="First")
    turn = session.send("fast think, then read notes.md")
    events = [event async for event in turn]
    assert events[-1]["kind"] == "turnCompleted"
    assert [event["seq"] for event in events] == sorted({event["seq"] for event in events})
    assert {"turnStarted", "thinkingDelta", "textDelta", "toolCall", "toolResult"} <= {
        event["kind"] for event in events
    }
    assert turn.turn is not None
    assert turn.turn["stopReason"] == "completed"
    assert turn.turn["toolCalls"][0]["name"] == "Read"
    assert text_of(events).endswith(turn.turn["text"])
    assert (await session.refresh())["title"] == "First"


async def test_a_turn_can_be_awaited_and_its_text_alone_iterated(bridge: Bridge) -> None:
    session = await bridge.create_session()
    turn = await session.send("fast long 20")
    said = "".join([text async for text in session.send("fast long 20").text()])
    assert said == turn["text"] != ""
    roles = [message["role"] async for message in session.messages()]
    assert roles == ["user", "assistant", "user", "assistant"]


async def test_messages_to_one_session_are_answered_in_order(bridge: Bridge) -> None:
    session = await bridge.create_session()
    turns = await asyncio.gather(*(session.send(f"fast long {count}") for count in (5, 1, 3)))
    assert [len(turn["text"].split()) for turn in turns] == [5, 1, 3]


async def test_two_sessions_stream_at_once(bridge: Bridge) -> None:
    seen: list[str] = []

    async def converse(words: int) -> str:
        session = await bridge.create_session()
        events: list[SessionEvent] = []
        async for event in session.send(f"long {words}"):
            events.append(event)
            seen.append(event["sessionId"])
        return text_of(events)

    texts = await asyncio.gather(converse(20), converse(21))
    assert [len(text.split()) for text in texts] == [20, 21]
    changes = sum(one != other for one, other in itertools.pairwise(seen))
    assert changes > 10, "the one's events came only after the other's"


async def test_what_is_wrong_is_an_exception_of_its_kind(bridge: Bridge) -> None:
    with pytest.raises(kinds.SessionNotFoundError) as raised:
        await bridge.session_get("0190a000-0000-7000-8000-000000000000")
    assert raised.value.kind == "sessionNotFound"
    assert raised.value.code == 1001
    with pytest.raises(kinds.InvalidParamsError):
        await bridge.session_get("no id")
    with pytest.raises(kinds.ModeNotAllowedError):
        await bridge.create_session(mode="power")
    with pytest.raises(kinds.MethodNotFoundError):
        await bridge.request("session/dance")
    session = await bridge.create_session()
    await session.delete()
    with pytest.raises(kinds.SessionNotFoundError):
        _ = [event async for event in session.send("hello")]


async def test_a_turn_that_fails_is_a_turn_and_an_exception_of_text(bridge: Bridge) -> None:
    session = await bridge.create_session()
    turn = await session.send("error")
    assert turn["stopReason"] == "failed"
    assert turn.get("error", {}).get("kind") == "apiError"
    with pytest.raises(kinds.ApiError):
        _ = [text async for text in session.send("error").text()]


# Permissions


@pytest.mark.parametrize(("answer", "outcome"), [(allow(), "allow"), (deny("not this file"), "deny")])
async def test_a_permission_is_asked_and_answered(
    make_bridge: MakeBridge, answer: PermissionAnswer, outcome: str
) -> None:
    asked: list[Permission] = []

    async def on_permission(permission: Permission) -> PermissionAnswer:
        asked.append(permission)
        return answer

    async with make_bridge(on_permission=on_permission) as bridge:
        session = await bridge.create_session()
        events = [event async for event in session.send("fast edit notes.md")]
    assert [permission["toolName"] for permission in asked] == ["Edit"]
    (resolved,) = [event for event in events if event["kind"] == "permissionResolved"]
    assert (resolved["behavior"], resolved["by"]) == (outcome, "client")
    (result,) = [event for event in events if event["kind"] == "toolResult"]
    assert result["isError"] == (outcome == "deny")


async def test_without_a_callback_a_permission_is_denied_at_once(bridge: Bridge) -> None:
    session = await bridge.create_session()
    events = [event async for event in session.send("fast edit notes.md")]
    (result,) = [event for event in events if event["kind"] == "toolResult"]
    assert result["isError"]
    (resolved,) = [event for event in events if event["kind"] == "permissionResolved"]
    assert (resolved["behavior"], resolved["by"]) == ("deny", "nobody")
    assert not [event for event in events if event.get("status") == "waitingForPermission"]


async def test_a_callback_that_fails_abstains(make_bridge: MakeBridge, caplog: pytest.LogCaptureFixture) -> None:
    async def on_permission(permission: Permission) -> PermissionAnswer:
        raise ValueError("the page is gone")

    async with make_bridge(on_permission=on_permission) as bridge:
        session = await bridge.create_session()
        turn = await session.send("fast edit notes.md")
    assert turn["toolCalls"][0].get("isError") is True
    assert "the page is gone" in caplog.text


async def test_a_question_is_answered(make_bridge: MakeBridge) -> None:
    async def on_question(permission: Permission) -> dict[str, str]:
        return {question["question"]: "Ahoy" for question in permission.get("questions", [])}

    async with make_bridge(on_question=on_question) as bridge:
        session = await bridge.create_session()
        assert "Ahoy" in (await session.send("fast ask"))["text"]


async def test_a_permission_that_is_of_no_use_any_more_is_taken_back(make_bridge: MakeBridge) -> None:
    asked, withdrawn = asyncio.Event(), asyncio.Event()

    async def on_permission(permission: Permission) -> PermissionAnswer | None:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            withdrawn.set()
        return None

    async with make_bridge(on_permission=on_permission) as bridge:
        session = await bridge.create_session()
        turn = asyncio.ensure_future(session.send("fast edit notes.md"))
        await asyncio.wait_for(asked.wait(), 10)
        assert await session.interrupt()
        await asyncio.wait_for(withdrawn.wait(), 10)
        assert (await turn)["stopReason"] == "interrupted"


async def test_a_permission_can_be_polled(make_bridge: MakeBridge) -> None:
    async with make_bridge(permission_support="poll") as bridge:
        session = await bridge.create_session()
        async for event in session.send("fast edit notes.md"):
            if event["kind"] == "permissionRequested":
                (waiting,) = (await bridge.permission_list())["permissions"]
                assert waiting == event["permission"]
                await bridge.permission_answer(waiting["id"], allow(scope="session"))
            elif event["kind"] == "permissionResolved":
                assert event["behavior"] == "allow"
                break
        else:
            raise AssertionError("no permission was resolved")


# Ends


async def test_an_interrupt_ends_the_turn_with_what_was_said(bridge: Bridge) -> None:
    session = await bridge.create_session()
    turn = session.send("long 1000")
    events = await until(turn, "textDelta")
    assert await session.interrupt()
    events += [event async for event in turn]
    assert turn.turn is not None
    assert turn.turn["stopReason"] == "interrupted"
    assert text_of(events).startswith(turn.turn["text"][:5])
    assert not await session.interrupt()


@pytest.mark.parametrize("iterated", [True, False])
async def test_cancelling_the_task_cancels_the_turn(bridge: Bridge, iterated: bool) -> None:
    session = await bridge.create_session()
    begun = asyncio.Event()

    async def converse() -> None:
        if not iterated:
            begun.set()
            await session.send("long 1000")
        async for event in session.send("long 1000"):
            if event["kind"] == "textDelta":
                begun.set()

    task = asyncio.create_task(converse())
    await asyncio.wait_for(begun.wait(), 10)
    if not iterated:
        await until_running(session)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # The next message is answered only once the turn is over: a thousand words take half a minute.
    turn = await asyncio.wait_for(session.send("fast hello"), 10)
    assert turn["stopReason"] == "completed"


async def test_leaving_the_block_of_a_turn_ends_it_and_leaving_the_loop_does_not(bridge: Bridge) -> None:
    session = await bridge.create_session()
    async for event in session.send("long 15"):
        if event["kind"] == "textDelta":
            break
    async with session.send("long 1000") as turn:
        await until(turn, "textDelta")
    assert (await session.send("fast hello"))["stopReason"] == "completed"
    texts = [message["content"][0] async for message in session.messages() if message["role"] == "assistant"]
    assert texts[0]["type"] == "text"
    assert len(texts[0]["text"].split()) == 15


async def test_an_orderly_end_takes_no_longer_than_it_may_and_leaves_nothing(make_bridge: MakeBridge) -> None:
    bridge = make_bridge()
    await bridge.start()
    session = await bridge.create_session()
    await until(session.send("long 1000"), "textDelta")
    assert bridge.pid is not None
    below = descendants(bridge.pid) | {bridge.pid}
    assert len(below) >= 3, "the bridge, the guard and the agent"
    began = time.monotonic()
    await bridge.close()
    assert time.monotonic() - began < 1.5
    assert await gone(below)
    with pytest.raises(BridgeClosedError):
        await bridge.session_list()
    await bridge.start()
    again = await bridge.open_session(session.id)
    turns = [message async for message in again.messages()]
    assert [message["role"] for message in turns] == ["user", "assistant"], "what was said before the end is stored"


async def test_what_is_under_way_when_the_bridge_is_closed_raises(make_bridge: MakeBridge) -> None:
    bridge = make_bridge()
    await bridge.start()
    session = await bridge.create_session()
    turn = session.send("slow")
    waiting = asyncio.create_task(until(turn, "textDelta"))
    await until_running(session)
    await bridge.close()
    with pytest.raises((AssertionError, BridgeError)):
        await waiting


# The sidecar


async def test_a_sidecar_that_is_killed_in_mid_turn_is_started_again_and_the_conversation_goes_on(
    bridge: Bridge,
) -> None:
    session = await bridge.create_session()
    await session.send("fast hello")
    turn = session.send("long 1000")
    await until(turn, "textDelta")
    waiting = asyncio.ensure_future(session.send("fast never"))
    assert bridge.pid is not None
    below = descendants(bridge.pid)
    os.kill(bridge.pid, signal.SIGKILL)
    rest = [event async for event in turn]
    assert rest[-1]["kind"] == "turnCompleted"
    assert turn.turn is not None
    assert turn.turn["stopReason"] == "interrupted"
    with pytest.raises(SidecarExitedError) as raised:
        await waiting
    assert raised.value.retryable
    assert raised.value.exit_code == -signal.SIGKILL
    assert "hello" in (await session.send("fast recall"))["text"]
    assert bridge.starts == 2
    assert await gone(below)


async def test_starting_again_is_tried_until_it_works(make_bridge: MakeBridge, tmp_path: Path) -> None:
    fake = [sys.executable, str(FAKE), "refuses-twice", str(tmp_path / "tries")]
    async with make_bridge(fake, demo=False) as bridge:
        assert bridge.pid is not None
        os.kill(bridge.pid, signal.SIGKILL)
        for expected in ("signal 9", "not today", "not today"):
            with pytest.raises(SidecarExitedError, match=expected):
                await bridge.create_session()
        session = await bridge.create_session()
        assert dict(session.info)["state"] == "levitating"
        assert (tmp_path / "tries").read_text() == "xxxx"


async def test_a_sidecar_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SidecarNotFoundError, match="/no/such/bridge"):
        await Bridge("/no/such/bridge").start()
    monkeypatch.setenv("CLAUDE_BRIDGE", "/no/other/bridge")
    with pytest.raises(SidecarNotFoundError, match=r"CLAUDE_BRIDGE names '/no/other/bridge'"):
        await Bridge().start()
    monkeypatch.delenv("CLAUDE_BRIDGE")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SidecarNotFoundError, match="PATH"):
        await Bridge().start()


async def test_a_sidecar_is_found_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, binary: str, make_bridge: MakeBridge, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLAUDE_BRIDGE", binary)
    async with Bridge(demo=True, options={"dataDir": str(tmp_path / "data")}) as bridge:
        assert (await bridge.session_list())["sessions"] == []


async def test_starting_and_closing_twice_is_as_good_as_once(make_bridge: MakeBridge) -> None:
    bridge = make_bridge()
    await asyncio.gather(bridge.start(), bridge.start())
    assert bridge.starts == 1
    await asyncio.gather(bridge.close(), bridge.close())
    await bridge.close()


async def test_a_configuration_that_is_wrong_is_told_at_the_start(make_bridge: MakeBridge) -> None:
    with pytest.raises(BridgeError, match="sesions"):
        await make_bridge(options={"sesions": {}}).start()


async def test_a_sidecar_that_does_not_answer_is_given_up(make_bridge: MakeBridge) -> None:
    bridge = make_bridge([sys.executable, str(FAKE), "silent"], demo=False, start_limit=0.5)
    with pytest.raises(SidecarExitedError, match=r"0\.5 s"):
        await bridge.start()


async def test_a_sidecar_that_does_not_end_is_killed(make_bridge: MakeBridge) -> None:
    bridge = make_bridge([sys.executable, str(FAKE), "deaf"], demo=False)
    await bridge.start()
    pid = bridge.pid
    assert pid is not None
    began = time.monotonic()
    await bridge.close()
    assert 1.4 < time.monotonic() - began < 3
    assert await gone({pid})


async def test_a_sidecar_that_writes_garbage_is_replaced(make_bridge: MakeBridge) -> None:
    async with make_bridge([sys.executable, str(FAKE), "garbage"], demo=False) as bridge:
        with pytest.raises(SidecarExitedError):
            await bridge.session_get("x")
        await bridge.create_session()
        assert bridge.starts == 2


async def test_tools_of_the_dashboards_own_are_declared_and_run(
    make_bridge: MakeBridge, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[ToolCall] = []

    async def add(call: ToolCall) -> str:
        calls.append(call)
        return str(call.arguments["a"] + call.arguments["b"])

    async def fail(call: ToolCall) -> str:
        raise LookupError("no such trial")

    own = [Tool("add", "Adds two numbers.", add, requires_approval=True), Tool("fail", "Fails.", fail)]
    async with make_bridge([sys.executable, str(FAKE), "calls-tools"], demo=False, own_tools=own) as bridge:
        session = await bridge.create_session()
        results = [json.loads(text) async for text in session.send("go").text()]
    assert [(result["content"][0]["text"], result["isError"]) for result in results] == [
        ("3", False),
        ("LookupError: no such trial", True),
        ("there is no tool unknown", True),
    ]
    assert (calls[0].session_id, calls[0].tool_use_id) == (session.id, "u2")
    assert "no such trial" in caplog.text


async def test_what_a_later_server_brings_is_passed_on(make_bridge: MakeBridge) -> None:
    async with make_bridge([sys.executable, str(FAKE), "later"], demo=False) as bridge:
        session = await bridge.create_session()
        assert dict(session.info)["state"] == "levitating"
        assert dict(session.info)["aura"] == "blue"
        events = [event async for event in session.send("hello")]
        assert [event["kind"] for event in events] == ["turnStarted", "hologram", "textDelta", "turnCompleted"]
        with pytest.raises(BridgeError) as raised:
            await bridge.session_get("x")
        assert type(raised.value) is BridgeError
        assert (raised.value.kind, raised.value.retryable, raised.value.data["more"]) == ("fromTheFuture", True, 1)
        assert str(raised.value) == "not yet (wait)"
