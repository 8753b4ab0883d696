"""Events as async iterators that a slow reader neither blocks nor fills the memory with.

A stream holds at most `LIMIT` bytes of events. One that is full is left behind: what comes next is let go, and is read
again from the history, by number, once the reader has taken what was there. The same brings a stream over the death of
the sidecar: the next one has the events too, and what became of the turn.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Generator
from typing import TYPE_CHECKING, Any, cast

from .connection import Call, Connection
from .errors import BridgeError, SidecarExitedError, from_data
from .protocol import Content, SessionEvent, Turn

if TYPE_CHECKING:
    from .bridge import Bridge

#: How many bytes of JSON may wait in one stream.
LIMIT = 4 << 20

SUBSCRIBE = "session/subscribe"
UNSUBSCRIBE = "session/unsubscribe"


class EventStream:
    """What streams have in common: events wait here until they are taken, in order, each once."""

    #: Whether it outlasts a sidecar that cannot be started.
    _patient = False

    def __init__(self, bridge: Bridge, session_id: str) -> None:
        self._bridge = bridge
        self._session_id = session_id
        self._waiting: deque[tuple[SessionEvent, int]] = deque()
        #: How many bytes of JSON wait.
        self.size = 0
        #: The number of the last event that was taken in; None before the first.
        self._last_seq: int | None = None
        #: The last delta that was taken in, for what a later one repeats of it.
        self._last_delta: SessionEvent | None = None
        self._turn_began = False
        #: Whether events were let go that have to be read from the history.
        self._behind = False
        self._connection: Connection | None = None
        self._token: str | None = None
        self._subscribed = False
        self._error: BridgeError | None = None
        self._wake: asyncio.Future[None] | None = None

    # What the connection tells

    def accept(self, event: SessionEvent, size: int) -> None:
        """Takes an event in, if there is room."""
        last = self._last_seq
        if last is not None and event.get("firstSeq", event["seq"]) <= last:
            trimmed = self._trimmed(event, last)
            if trimmed is None:
                return
            event = trimmed
        if self.size + size > LIMIT and self._waiting:
            self._fall_behind()
            return
        self._waiting.append((event, size))
        self.size += size
        self._last_seq = event["seq"]
        if event["kind"] == "textDelta" or event["kind"] == "thinkingDelta":
            self._last_delta = event
        elif event["kind"] == "turnStarted":
            self._turn_began = True
        self._notice()

    def ended(self, error: BridgeError) -> None:
        """The server ended the subscription: the session was deleted, or its history cannot be read."""
        self._subscribed = False
        self._let_go()
        self._error = error
        self._notice()

    def lost(self) -> None:
        """The sidecar is gone: the next one has the rest."""
        self._connection = self._token = None
        self._subscribed = False
        self._behind = True
        self._notice()

    # For the streams

    def _over(self) -> bool:
        """Whether nothing comes any more; raises what it ended with."""
        raise NotImplementedError

    async def _next(self) -> SessionEvent | None:
        """The next event; None at the end."""
        while not self._waiting:
            if self._over():
                return None
            if self._error is not None:
                raise self._error
            if self._behind:
                await self._catch_up()
            else:
                self._wake = asyncio.get_running_loop().create_future()
                await self._wake
        event, size = self._waiting.popleft()
        self.size -= size
        return event

    def _follow(self, connection: Connection) -> str:
        self._connection, self._token = connection, self._bridge.new_token()
        connection.follow(self._token, self)
        return self._token

    def _let_go(self) -> None:
        """Follows nothing any more."""
        connection, token, subscribed = self._connection, self._token, self._subscribed
        self._connection = self._token = None
        self._subscribed = False
        if connection is None or token is None or connection.error is not None:
            return
        connection.unfollow(token)
        if subscribed:
            connection.call(UNSUBSCRIBE, {"subscriptionToken": token})

    def _fall_behind(self) -> None:
        self._let_go()
        self._behind = True
        self._notice()

    async def _catch_up(self) -> None:
        """Subscribes to what comes after the last event that was taken in."""
        try:
            connection = await self._bridge.connected()
        except SidecarExitedError:
            if self._patient:
                return  # it is tried again, and so is this
            raise
        token = self._follow(connection)
        self._behind = False
        self._subscribed = True
        params: dict[str, object] = {"sessionId": self._session_id, "subscriptionToken": token}
        if self._last_seq is not None:
            params["afterSeq"] = self._last_seq
        try:
            await connection.request(SUBSCRIBE, params)
        except SidecarExitedError:
            self.lost()
        except BridgeError:
            self._let_go()
            raise

    def _notice(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _trimmed(self, event: SessionEvent, last: int) -> SessionEvent | None:
        """What of an event is new; None if nothing is. Of merged deltas, the beginning may be known."""
        known = self._last_delta
        if event["seq"] <= last:
            return None
        if not (event["kind"] == "textDelta" or event["kind"] == "thinkingDelta"):
            return event
        if known is None or not (known["kind"] == "textDelta" or known["kind"] == "thinkingDelta"):
            return event
        if known["itemId"] != event["itemId"]:
            return event
        end = known["offset"] + len(known["text"].encode())
        rest = event["text"].encode()[max(end - event["offset"], 0) :].decode(errors="ignore")
        return cast("SessionEvent", {**event, "text": rest, "offset": max(end, event["offset"]), "firstSeq": last + 1})


class TurnStream(EventStream):
    """A message, and the turn that answers it. The message is sent when this is iterated or awaited.

        async for event in session.send("Hello"):   # every event, the last one is turnCompleted
        turn = await session.send("Hello")          # only how it ended
        async for text in session.send("Hello").text():

    Cancelling the task that waits for it cancels the turn. Leaving the loop early does not: the turn goes on, and its
    events are in the history. `cancel()`, or leaving an `async with`, ends it.
    """

    def __init__(self, bridge: Bridge, session_id: str, content: Content) -> None:
        super().__init__(bridge, session_id)
        self._content = content
        self._call: Call | None = None
        #: How the turn ended, once it has.
        self.turn: Turn | None = None

    async def text(self) -> AsyncIterator[str]:
        """The answer's text alone, as it comes. Raises what the turn failed of."""
        async for event in self:
            if event["kind"] == "textDelta" and "parentToolUseId" not in event:
                yield event["text"]
        if self.turn is not None and "error" in self.turn:
            raise from_data(self.turn["error"])

    def cancel(self) -> None:
        """Ends the turn; a message that waits is never sent to Claude."""
        self._let_go()
        if self._call is not None:
            self._call.cancel()

    def __aiter__(self) -> TurnStream:
        return self

    async def __anext__(self) -> SessionEvent:
        try:
            if self._call is None:
                await self._send(events=True)
            event = await self._next()
        except asyncio.CancelledError:
            self.cancel()
            raise
        if event is None:
            self._let_go()
            raise StopAsyncIteration
        if event["kind"] == "turnCompleted":
            self.turn = event["turn"]
            self._let_go()
        return event

    def __await__(self) -> Generator[Any, None, Turn]:
        return self._finish().__await__()

    async def __aenter__(self) -> TurnStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cancel()

    async def _finish(self) -> Turn:
        if self._call is None:
            try:
                call = await self._send(events=False)
                self.turn = cast("Turn", await call.answer)
            except asyncio.CancelledError:
                self.cancel()
                raise
            return self.turn
        async for _ in self:
            pass
        return cast("Turn", self.turn)

    async def _send(self, *, events: bool) -> Call:
        connection = await self._bridge.connected()
        params: dict[str, object] = {"sessionId": self._session_id, "content": self._content}
        if events:
            params["partialResultToken"] = self._follow(connection)
        self._call = connection.call("message/send", params)
        self._call.answer.add_done_callback(lambda _: self._answered())
        return self._call

    def _answered(self) -> None:
        # All events of the turn came before the answer.
        if not self._subscribed:
            self._let_go()
        self._notice()

    def _over(self) -> bool:
        if self.turn is not None:
            return True
        if self._call is None or not self._call.answer.done() or self._call.answer.cancelled():
            return False
        error = self._call.answer.exception()
        if isinstance(error, SidecarExitedError) and self._turn_began:
            return False  # the turn had begun: the next sidecar knows what became of it
        if error is not None:
            raise error
        if self._behind or self._subscribed:
            return False
        self.turn = cast("Turn", self._call.answer.result())
        return True


class Subscription(EventStream):
    """All events of a session from some point on, for ever, also over the death of the sidecar.

    `close()` it, or leave its `async with`, to end it. It raises what the server ended it with: that the session was
    deleted, or that its history cannot be read.
    """

    _patient = True

    def __init__(self, bridge: Bridge, session_id: str, after_seq: int | None) -> None:
        super().__init__(bridge, session_id)
        self._last_seq = after_seq
        self._behind = True
        self._closed = False

    def close(self) -> None:
        """Ends it: the loop over it ends too."""
        self._closed = True
        self._let_go()
        self._notice()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> SessionEvent:
        try:
            event = await self._next()
        except asyncio.CancelledError:
            self.close()
            raise
        if event is None:
            raise StopAsyncIteration
        return event

    async def __aenter__(self) -> Subscription:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def _over(self) -> bool:
        return self._closed
