"""Streams: slow readers, second windows, and the death of the sidecar."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import cast

import pytest

from claude_bridge import Bridge, BridgeClosedError, Session, kinds, streams
from claude_bridge.protocol import SessionEvent
from conftest import MakeBridge, until, until_running


def whole_text(events: list[SessionEvent]) -> str:
    """The text of the deltas. Fails unless each goes on where the one before ended, and numbers rise."""
    text, last = b"", 0
    for event in events:
        assert last < event.get("firstSeq", event["seq"]) <= event["seq"]
        last = event["seq"]
        if event["kind"] == "textDelta":
            assert event["offset"] == len(text)
            text += event["text"].encode()
    return text.decode()


async def until_idle(session: Session) -> None:
    while (await session.refresh())["state"] != "idle":
        await asyncio.sleep(0.01)


async def test_a_reader_that_stops_for_a_while_holds_up_nobody_and_misses_nothing(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LIMIT", 50_000)
    session = await bridge.create_session()
    turn = session.send("fast long 3000")
    events = await until(turn, "textDelta")
    # The other is answered, and the turn ends, while nobody takes this one's events.
    assert (await (await bridge.create_session()).send("fast hello"))["stopReason"] == "completed"
    await until_idle(session)
    assert turn.size <= streams.LIMIT
    async for event in turn:
        events.append(event)
        assert turn.size <= streams.LIMIT
    assert turn.turn is not None
    assert whole_text(events) == turn.turn["text"]
    assert len(turn.turn["text"].split()) == 3000
    assert [event["kind"] for event in events].count("turnCompleted") == 1


async def test_a_reader_that_is_always_too_slow_misses_nothing(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LIMIT", 2_000)
    session = await bridge.create_session()
    turn = session.send("think, long 30, tool")
    events: list[SessionEvent] = []
    async for event in turn:
        events.append(event)
        await asyncio.sleep(0.02)
    kinds_seen: list[str] = [event["kind"] for event in events]
    for kind, count in {"turnStarted": 1, "toolCall": 2, "toolResult": 2, "turnCompleted": 1}.items():
        assert kinds_seen.count(kind) == count
    assert len({event["seq"] for event in events}) == len(events)


async def test_of_deltas_that_come_again_only_what_is_new_is_taken(bridge: Bridge) -> None:
    stream = streams.Subscription(bridge, "session", None)

    def delta(first: int, last: int, item: str, offset: int, text: str) -> SessionEvent:
        where = {"seq": last, "firstSeq": first, "sessionId": "session", "at": "2026-01-01T00:00:00.000Z"}
        return cast("SessionEvent", {**where, "kind": "textDelta", "itemId": item, "offset": offset, "text": text})

    came = [
        delta(1, 2, "m1", 0, "für "),
        delta(1, 2, "m1", 0, "für "),
        delta(1, 3, "m1", 0, "für alle"),
        delta(4, 5, "m2", 0, "und"),
        delta(3, 4, "m2", 0, "un"),
        delta(5, 6, "m2", 0, "und so"),
    ]
    for event in came:
        stream.accept(event, 1)
    taken = [event async for event, _ in _first(stream, 4)]
    assert [event["text"] for event in taken if event["kind"] == "textDelta"] == ["für ", "alle", "und", " so"]
    assert [event["offset"] for event in taken if event["kind"] == "textDelta"] == [0, 5, 0, 3]


async def _first(stream: streams.Subscription, count: int) -> AsyncIterator[tuple[SessionEvent, int]]:
    for number in range(count):
        yield await anext(stream), number


async def test_a_second_window_sees_the_same_from_any_event_on(bridge: Bridge) -> None:
    session = await bridge.create_session()
    await session.send("fast hello")
    first = (await session.refresh())["lastSeq"]
    async with session.events(after_seq=first) as live, session.events() as replay:
        turn = await session.send("fast long 50")
        seen = await until(live, "turnCompleted")
        again = await until(replay, "turnCompleted") + await until(replay, "turnCompleted")
    assert min(event["seq"] for event in seen) > first
    assert whole_text([event for event in seen if event.get("turnId") == turn["id"]]) == turn["text"]
    assert whole_text([event for event in again if event.get("turnId") == turn["id"]]) == turn["text"]


async def test_a_subscription_goes_on_over_the_death_of_the_sidecar(bridge: Bridge) -> None:
    session = await bridge.create_session()
    async with session.events() as events:
        turn = asyncio.ensure_future(session.send("long 1000"))
        seen = await until(events, "textDelta")
        assert bridge.pid is not None
        os.kill(bridge.pid, signal.SIGKILL)
        with pytest.raises(Exception, match="signal 9"):
            await turn
        seen += await until(events, "turnCompleted")
        await session.send("fast hello")
        seen += await until(events, "turnCompleted")
    ended = [event["turn"]["stopReason"] for event in seen if event["kind"] == "turnCompleted"]
    assert ended == ["interrupted", "completed"]
    assert [event["seq"] for event in seen] == sorted({event["seq"] for event in seen})


async def test_a_subscription_ends_with_its_session_and_with_its_bridge(make_bridge: MakeBridge) -> None:
    bridge = make_bridge()
    await bridge.start()
    session, other = await bridge.create_session(), await bridge.create_session()
    async with session.events() as events:
        await session.send("fast hello")
        await session.delete()
        with pytest.raises(kinds.SessionNotFoundError):
            _ = [event async for event in events]
    with pytest.raises(kinds.SessionNotFoundError):
        await anext(session.events())

    async def follow() -> None:
        async for _ in other.events():
            pass

    following = asyncio.create_task(follow())
    await other.send("fast hello")
    await bridge.close()
    with pytest.raises(BridgeClosedError):
        await following


async def test_a_subscription_that_is_closed_ends_its_loop(bridge: Bridge) -> None:
    session = await bridge.create_session()
    events = session.events()
    following = asyncio.ensure_future(_all(events))
    turn = asyncio.ensure_future(session.send("long 1000"))
    await until_running(session)
    events.close()
    await asyncio.wait_for(following, 10)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn


async def _all(events: streams.Subscription) -> list[SessionEvent]:
    return [event async for event in events]
