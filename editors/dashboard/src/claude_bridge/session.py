"""A conversation, as an object."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from . import protocol
from .streams import Subscription, TurnStream

if TYPE_CHECKING:
    from .bridge import Bridge


class Session:
    """A conversation. It outlives every process: keep its `id`, and `Bridge.open_session` finds it again."""

    def __init__(self, bridge: Bridge, info: protocol.Session) -> None:
        self._bridge = bridge
        #: The session as it was when it was last asked about.
        self.info = info

    @property
    def id(self) -> str:
        """Its id, for ever."""
        return self.info["id"]

    def send(self, content: protocol.Content) -> TurnStream:
        """Says something: text, or blocks of text, images and files. Iterate or await what this gives."""
        return TurnStream(self._bridge, self.id, content)

    def events(self, after_seq: int | None = None) -> Subscription:
        """All its events after number `after_seq`, for ever: what is stored, then what comes.

        Without `after_seq` they begin with the first; with `session.info["lastSeq"]` come those that are still to come.
        """
        return Subscription(self._bridge, self.id, after_seq)

    async def messages(self, order: protocol.Order = "asc") -> AsyncIterator[protocol.Message]:
        """All its messages, oldest first unless told otherwise."""
        cursor: str | None = None
        while True:
            page = await self._bridge.message_list(self.id, order=order, cursor=cursor, limit=1000)
            for message in page["messages"]:
                yield message
            cursor = page.get("nextCursor")
            if cursor is None:
                return

    async def refresh(self) -> protocol.Session:
        """Asks how it is now."""
        return self._is((await self._bridge.session_get(self.id))["session"])

    async def interrupt(self, *, include_queued: bool = False) -> bool:
        """Ends the turn that runs, and those that wait, if told so. Says whether there was anything to end."""
        return (await self._bridge.session_interrupt(self.id, include_queued=include_queued))["interrupted"]

    async def set_mode(self, mode: protocol.Mode) -> protocol.Session:
        """Changes what Claude may do in it."""
        return self._is((await self._bridge.session_set_mode(self.id, mode))["session"])

    async def set_model(self, model: str) -> protocol.Session:
        """Changes the model."""
        return self._is((await self._bridge.session_set_model(self.id, model))["session"])

    async def set_study(self, study_id: str | None) -> protocol.Session:
        """Has it be about another study, or about none."""
        return self._is((await self._bridge.session_set_study(self.id, study_id=study_id))["session"])

    async def rename(self, title: str) -> protocol.Session:
        """Gives it a title."""
        return self._is((await self._bridge.session_rename(self.id, title))["session"])

    async def close(self) -> protocol.Session:
        """Ends its process and keeps its history. A later message opens it again."""
        return self._is((await self._bridge.session_close(self.id))["session"])

    async def delete(self) -> None:
        """Deletes its history."""
        await self._bridge.session_delete(self.id)

    def _is(self, info: protocol.Session) -> protocol.Session:
        self.info = info
        return info
