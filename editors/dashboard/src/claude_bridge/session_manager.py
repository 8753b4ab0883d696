"""A drop-in for the session manager that dashboards had: the same methods and chunks, on a `Bridge`.

See MIGRATION.md for what is the same and what is different.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypedDict

from . import protocol
from .bridge import Bridge
from .errors import BridgeError, from_data
from .kinds import InvalidParamsError, SessionNotFoundError
from .streams import TurnStream

Mode = protocol.Mode


class TextChunk(TypedDict):
    """More of the answer."""

    type: Literal["text"]
    content: str


class ToolUse(TypedDict):
    """A tool that Claude calls."""

    id: str
    name: str
    #: What it does, in a few words.
    title: str
    input: Any


class ToolCallChunk(TypedDict):
    """Claude calls a tool."""

    type: Literal["tool_call"]
    tool: ToolUse


class ErrorChunk(TypedDict):
    """It could not be answered, or not to the end. The last chunk."""

    type: Literal["error"]
    message: str
    #: The stable name of what went wrong.
    kind: str
    retryable: bool


class DoneChunk(TypedDict):
    """The answer is complete. The last chunk."""

    type: Literal["done"]
    tool_calls: list[ToolUse]
    stop_reason: protocol.StopReason


Chunk = TextChunk | ToolCallChunk | ErrorChunk | DoneChunk


class ClaudeSession:
    """A session as it was when the manager last heard of it."""

    def __init__(self, record: protocol.Session) -> None:
        #: The stored record.
        self.record = record

    @property
    def session_id(self) -> str:
        """Its id."""
        return self.record["id"]

    @property
    def mode(self) -> Mode:
        """What Claude may do in it."""
        return self.record["mode"]

    @property
    def study_id(self) -> str | None:
        """The study that it is bound to."""
        return self.record.get("studyId")

    @property
    def created_at(self) -> datetime:
        """When it was made."""
        return _time(self.record["createdAt"])

    @property
    def last_active(self) -> datetime:
        """When something last happened in it."""
        return _time(self.record["lastActiveAt"])

    def is_alive(self) -> bool:
        """Whether a Claude process serves it now. One that is not is brought back by the next message."""
        return self.record["state"] in ("idle", "running", "waiting")


class SessionManager:
    """Conversations with Claude, for a dashboard's backend.

    Without a `bridge` it runs one of its own, with the atomizer profile, from `start` to `stop`.
    """

    def __init__(
        self,
        bridge: Bridge | None = None,
        *,
        root: str | os.PathLike[str] | None = None,
        aliases: str | os.PathLike[str] | None = None,
    ) -> None:
        """
        - `root`: for a bridge of its own: the folder that has `studies`; default: what `ATOMIZER_ROOT` says.
        - `aliases`: the file that keeps which session an old id names; default: one in the user's data folder.
        """
        self._bridge = bridge if bridge is not None else _own_bridge(root)
        self._owns_bridge = bridge is None
        self._aliases = _Aliases(Path(aliases) if aliases is not None else _default_aliases())
        self._sessions: dict[str, ClaudeSession] = {}

    @property
    def bridge(self) -> Bridge:
        """The bridge below, for all that this class does not have."""
        return self._bridge

    async def start(self) -> None:
        """Starts the bridge, if it is its own, and gets to know the latest sessions."""
        if self._owns_bridge:
            await self._bridge.start()
        for record in (await self._bridge.session_list(limit=1000))["sessions"]:
            self._remember(record)

    async def stop(self) -> None:
        """Ends the bridge, if it is its own: turns are interrupted and stored, no process is left."""
        if self._owns_bridge:
            await self._bridge.close()

    async def create_session(
        self, mode: Mode | None = None, study_id: str | None = None, resume_session_id: str | None = None
    ) -> ClaudeSession:
        """Begins a session, in user mode unless told otherwise, or goes on with one.

        An id that nobody knows begins a new session, which that id names from then on.
        """
        if resume_session_id is None:
            return await self._create({"mode": mode or "user", "studyId": study_id})
        changes = {"mode": mode, "studyId": study_id, "resumeSessionId": self._aliases.resolve(resume_session_id)}
        try:
            return await self._create(changes)
        except (SessionNotFoundError, InvalidParamsError) as error:
            if isinstance(error, InvalidParamsError) and _is_ours(resume_session_id):
                raise
        session = await self._create({"mode": mode or "user", "studyId": study_id})
        self._aliases.add(resume_session_id, session.session_id)
        return session

    async def send_message(self, session_id: str, message: str) -> AsyncGenerator[Chunk, None]:
        """Says something, and gives the answer in chunks. The last one is `done` or `error`; nothing is raised.

        Cancelling the task cancels the turn. Whoever merely stops listening does not: the answer is in the history.
        """
        session = self.get_session(session_id)
        if session is None:
            yield _error(SessionNotFoundError(f"there is no session {session_id}", kind="sessionNotFound"))
            return
        tool_calls: list[ToolUse] = []
        turn = TurnStream(self._bridge, session.session_id, message)
        try:
            async for event in turn:
                if event["kind"] == "sessionChanged":
                    self._remember(event["session"])
                elif "parentToolUseId" in event:
                    continue  # a helper of Claude's, not its answer
                elif event["kind"] == "textDelta":
                    yield {"type": "text", "content": event["text"]}
                elif event["kind"] == "toolCall":
                    tool_calls.append(_tool_use(event))
                    yield {"type": "tool_call", "tool": tool_calls[-1]}
            await self._refresh(session.session_id)
        except BridgeError as error:
            yield _error(error)
            return
        ended = turn.turn
        if ended is not None and "error" in ended:
            yield _error(from_data(ended["error"]))
        else:
            yield {"type": "done", "tool_calls": tool_calls, "stop_reason": _stop_reason(ended)}

    async def switch_mode(self, session_id: str, new_mode: Mode) -> ClaudeSession:
        """Changes what Claude may do in a session, while it runs."""
        result = await self._bridge.session_set_mode(self._known(session_id), new_mode)
        return self._remember(result["session"])

    async def set_study_context(self, session_id: str, study_id: str | None) -> ClaudeSession:
        """Binds a session to another study, or to none, while it runs."""
        result = await self._bridge.session_set_study(self._known(session_id), study_id=study_id)
        return self._remember(result["session"])

    def get_session(self, session_id: str) -> ClaudeSession | None:
        """A session, by its own id or an old one."""
        return self._sessions.get(self._aliases.resolve(session_id))

    def get_session_info(self, session_id: str) -> dict[str, Any] | None:
        """What there is to know about a session."""
        session = self.get_session(session_id)
        if session is None:
            return None
        return {
            "session_id": session.session_id,
            "mode": session.mode,
            "study_id": session.study_id,
            "is_alive": session.is_alive(),
            "created_at": session.created_at.isoformat(),
            "last_active": session.last_active.isoformat(),
            "message_count": session.record["messageCount"],
            "db_record": dict(session.record),
        }

    async def _create(self, params: dict[str, str | None]) -> ClaudeSession:
        return self._remember((await self._bridge.request("session/create", params))["session"])

    async def _refresh(self, session_id: str) -> None:
        self._remember((await self._bridge.session_get(session_id))["session"])

    def _remember(self, record: protocol.Session) -> ClaudeSession:
        session = self._sessions.get(record["id"])
        if session is None:
            session = self._sessions[record["id"]] = ClaudeSession(record)
        session.record = record
        return session

    def _known(self, session_id: str) -> str:
        session = self.get_session(session_id)
        if session is None:
            raise SessionNotFoundError(f"there is no session {session_id}", kind="sessionNotFound")
        return session.session_id


_manager: SessionManager | None = None


def get_session_manager(bridge: Bridge | None = None) -> SessionManager:
    """The one manager of this process. The first call makes it, with `bridge` if one is given."""
    global _manager
    if _manager is None:
        _manager = SessionManager(bridge)
    elif bridge is not None and bridge is not _manager.bridge:
        raise ValueError("this process has a session manager already, with another bridge")
    return _manager


class _Aliases:
    """Which session an old id names, in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: dict[str, str] = {}
        if path.exists():
            self._names = json.loads(path.read_text(encoding="utf-8"))

    def resolve(self, session_id: str) -> str:
        return self._names.get(session_id, session_id)

    def add(self, old: str, new: str) -> None:
        self._names[old] = new
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self._names, file)
        draft.replace(self._path)


def _own_bridge(root: str | os.PathLike[str] | None) -> Bridge:
    root = root or os.environ.get("ATOMIZER_ROOT")
    return Bridge(options={"profile": "atomizer", **({} if root is None else {"root": str(Path(root).resolve())})})


def _default_aliases() -> Path:
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "claude-bridge" / "dashboard-aliases.json"


def _is_ours(session_id: str) -> bool:
    """Whether it is written as our ids are."""
    return len(session_id) == 36 and session_id.count("-") == 4


def _tool_use(event: protocol.ToolCallEvent) -> ToolUse:
    return {"id": event["toolUseId"], "name": event["name"], "title": event["title"], "input": event["input"]}


def _stop_reason(turn: protocol.Turn | None) -> protocol.StopReason:
    return turn["stopReason"] if turn is not None else "completed"


def _error(error: BridgeError) -> ErrorChunk:
    return {"type": "error", "message": str(error), "kind": error.kind, "retryable": error.retryable}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
