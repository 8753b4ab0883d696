"""The drop-in for the old session manager."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from claude_bridge import Bridge, kinds, session_manager
from claude_bridge.session_manager import Chunk, SessionManager, get_session_manager
from conftest import MakeBridge


@pytest.fixture
async def manager(make_bridge: MakeBridge, tmp_path: Path) -> AsyncIterator[SessionManager]:
    options = {"dataDir": str(tmp_path / "data"), "modes": {"power": {"enabled": True}}}
    async with make_bridge(options=options) as bridge:
        manager = SessionManager(bridge, aliases=tmp_path / "aliases.json")
        await manager.start()
        yield manager
        await manager.stop()


async def chunks(manager: SessionManager, session_id: str, message: str) -> list[Chunk]:
    return [chunk async for chunk in manager.send_message(session_id, message)]


async def test_a_message_is_answered_in_chunks(manager: SessionManager) -> None:
    session = await manager.create_session()
    said = await chunks(manager, session.session_id, "fast read notes.md")
    assert {chunk["type"] for chunk in said} == {"text", "tool_call", "done"}
    assert "".join(chunk["content"] for chunk in said if chunk["type"] == "text")
    (call,) = [chunk["tool"] for chunk in said if chunk["type"] == "tool_call"]
    assert (call["name"], call["title"]) == ("Read", "Read notes.md")
    assert said[-1] == {"type": "done", "tool_calls": [call], "stop_reason": "completed"}


async def test_what_goes_wrong_is_a_chunk(manager: SessionManager) -> None:
    session = await manager.create_session()
    *_, last = await chunks(manager, session.session_id, "error")
    assert last["type"] == "error"
    assert (last["kind"], last["retryable"]) == ("apiError", False)
    (only,) = await chunks(manager, "nobody", "hello")
    assert only == {
        "type": "error",
        "message": "there is no session nobody",
        "kind": "sessionNotFound",
        "retryable": False,
    }


async def test_an_id_that_nobody_knows_names_a_new_session_from_then_on(
    manager: SessionManager, tmp_path: Path
) -> None:
    for old in ("3f2a91bc", "0190a000-0000-7000-8000-000000000000"):
        session = await manager.create_session(resume_session_id=old)
        assert session.session_id != old
        assert await manager.create_session(resume_session_id=old) is session
        assert manager.get_session(old) is session
        assert (await chunks(manager, old, "fast hello"))[-1]["type"] == "done"
    assert stat.S_IMODE((tmp_path / "aliases.json").stat().st_mode) == 0o600
    later = SessionManager(manager.bridge, aliases=tmp_path / "aliases.json")
    await later.start()
    known = later.get_session("3f2a91bc")
    assert known is not None
    assert known.session_id == manager.get_session("3f2a91bc").session_id  # type: ignore[union-attr]


async def test_a_session_goes_on_in_its_mode_unless_another_is_given(manager: SessionManager) -> None:
    session = await manager.create_session(mode="power")
    assert (await manager.create_session(resume_session_id=session.session_id)).mode == "power"
    assert (await manager.create_session("user", resume_session_id=session.session_id)).mode == "user"
    assert (await manager.switch_mode(session.session_id, "power")).mode == "power"
    with pytest.raises(kinds.SessionNotFoundError):
        await manager.switch_mode("nobody", "user")


async def test_what_there_is_to_know_about_a_session(manager: SessionManager) -> None:
    session = await manager.create_session()
    await chunks(manager, session.session_id, "fast hello")
    info = manager.get_session_info(session.session_id)
    assert info is not None
    assert list(info) == [
        "session_id",
        "mode",
        "study_id",
        "is_alive",
        "created_at",
        "last_active",
        "message_count",
        "db_record",
    ]
    assert (info["mode"], info["is_alive"], info["message_count"]) == ("user", True, 2)
    assert info["db_record"]["title"] == "fast hello"
    age = datetime.now(timezone.utc) - datetime.fromisoformat(info["last_active"])
    assert 0 <= age.total_seconds() < 60
    assert manager.get_session_info("nobody") is None
    assert manager.get_session("nobody") is None


async def test_who_stops_listening_does_not_end_the_turn_and_who_is_cancelled_does(manager: SessionManager) -> None:
    session = await manager.create_session()
    listening = manager.send_message(session.session_id, "long 12")
    await anext(listening)
    await listening.aclose()

    begun = asyncio.Event()

    async def converse() -> None:
        async for _ in manager.send_message(session.session_id, "long 1000"):
            begun.set()

    task = asyncio.create_task(converse())
    await asyncio.wait_for(begun.wait(), 10)
    task.cancel()
    await asyncio.wait([task])
    assert (await asyncio.wait_for(chunks(manager, session.session_id, "fast hello"), 10))[-1]["type"] == "done"
    history = await manager.bridge.message_list(session.session_id)
    texts = [
        block["text"] for message in history["messages"] for block in message["content"] if block["type"] == "text"
    ]
    assert len(texts[1].split()) == 12


async def test_there_is_one_manager(
    make_bridge: MakeBridge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, binary: str
) -> None:
    monkeypatch.setattr(session_manager, "_manager", None)
    monkeypatch.setenv("CLAUDE_BRIDGE", binary)
    manager = get_session_manager(Bridge(demo=True, options={"dataDir": str(tmp_path / "data")}))
    assert get_session_manager() is manager
    with pytest.raises(ValueError, match="already"):
        get_session_manager(Bridge())
