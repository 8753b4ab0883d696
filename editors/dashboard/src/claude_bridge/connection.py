"""JSON-RPC both ways over one sidecar's pipes: requests and their answers, events, and what the server asks.

Everything here happens in the event loop's own thread, and nothing waits for whoever takes the events: an answer is
never stuck behind a stream that nobody reads.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from . import errors, framing
from .protocol import SessionEvent

logger = logging.getLogger("claude_bridge")
sidecar_logger = logging.getLogger("claude_bridge.sidecar")

#: Answers a request of the server's.
Server = Callable[[str, Mapping[str, Any]], Awaitable[object]]

#: What `json.loads` does besides costs as much again as this.
_decode = json.JSONDecoder().raw_decode

_LEVELS = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO, 4: logging.INFO}
_METHOD_NOT_FOUND, _INTERNAL_ERROR, _REQUEST_CANCELLED = -32601, -32603, -32800


class RefusalError(Exception):
    """Raised by a `Server`: the request is answered with an error."""

    def __init__(self, message: str, code: int = _INTERNAL_ERROR) -> None:
        super().__init__(message)
        self.code = code

    @classmethod
    def unknown_method(cls, method: str) -> RefusalError:
        return cls(f"this client has no method {method}", _METHOD_NOT_FOUND)


class Follower(Protocol):
    """Takes the events of a token."""

    def accept(self, event: SessionEvent, size: int) -> None:
        """Takes an event, whose JSON has `size` bytes."""

    def ended(self, error: errors.BridgeError) -> None:
        """The server ended the subscription."""

    def lost(self) -> None:
        """The connection has ended: no event comes any more."""


class Call:
    """A request that was sent."""

    def __init__(self, connection: Connection, number: int, method: str) -> None:
        self._connection = connection
        self.number = number
        self.method = method
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.cancelled = False

    def cancel(self) -> None:
        """Tells the server that nobody wants the answer any more, unless it is there."""
        if self.number in self._connection.pending and not self.cancelled:
            self.cancelled = True
            self._connection.notify("$/cancelRequest", {"id": self.number})


class Connection:
    """One side of the pipes."""

    def __init__(self, write: Callable[[bytes], None], serve: Server) -> None:
        self._write = write
        self._serve = serve
        self._decoder = framing.FrameDecoder()
        self._last_number = 0
        self.pending: dict[int, Call] = {}
        self._followers: dict[int | str, Follower] = {}
        self._serving: dict[int | str, asyncio.Task[None]] = {}
        #: Why it ended.
        self.error: errors.BridgeError | None = None

    # Out

    def call(self, method: str, params: Mapping[str, object]) -> Call:
        """Sends a request. Those of one event loop are sent in the order of the calls."""
        if self.error is not None:
            raise self.error
        self._last_number += 1
        call = Call(self, self._last_number, method)
        self.pending[call.number] = call
        self._send({"id": call.number, "method": method, "params": params})
        return call

    async def request(self, method: str, params: Mapping[str, object]) -> Any:
        """Sends a request and waits for its result. Whoever stops waiting cancels it."""
        call = self.call(method, params)
        try:
            return await call.answer
        except asyncio.CancelledError:
            call.cancel()
            raise

    def notify(self, method: str, params: Mapping[str, object] | None = None) -> None:
        """Sends a notification."""
        self._send({"method": method} if params is None else {"method": method, "params": params})

    def follow(self, token: int | str, follower: Follower) -> None:
        """Hands the events of a token to `follower`."""
        self._followers[token] = follower

    def unfollow(self, token: int | str) -> None:
        """Lets the events of a token go."""
        self._followers.pop(token, None)

    def _send(self, message: dict[str, object]) -> None:
        if self.error is None:
            self._write(framing.encode({"jsonrpc": "2.0", **message}))

    # In

    def receive(self, data: bytes) -> None:
        """Takes what the server wrote."""
        for body in self._decoder.feed(data):
            message, _ = _decode(body.decode())
            method = message.get("method")
            if method == "$/progress":
                self._progress(message["params"], len(body))
            elif method is None:
                self._answered(message)
            elif "id" in message:
                self._requested(message["id"], method, message.get("params") or {})
            else:
                self._notified(method, message.get("params") or {})

    def lost(self, error: errors.BridgeError) -> None:
        """Ends it: nothing comes any more, and nothing can be sent."""
        if self.error is not None:
            return
        self.error = error
        followers, self._followers = self._followers, {}
        pending, self.pending = self.pending, {}
        for call in pending.values():
            _settle(call.answer, error=error)
        for follower in set(followers.values()):
            follower.lost()
        for task in self._serving.values():
            task.cancel()

    async def settled(self) -> None:
        """Waits until nothing is being answered any more."""
        if tasks := list(self._serving.values()):
            await asyncio.wait(tasks)

    def _progress(self, params: Mapping[str, Any], size: int) -> None:
        follower = self._followers.get(params["token"])
        value = params["value"]
        if follower is None:
            return
        if "event" in value:
            follower.accept(value["event"], size)
        elif "ended" in value:
            follower.ended(errors.from_data(value["ended"]))

    def _answered(self, message: Mapping[str, Any]) -> None:
        call = self.pending.pop(message.get("id") or 0, None)
        if call is None:
            logger.debug("an answer to no request: %s", message.get("error"))
        elif (error := message.get("error")) is not None:
            _settle(call.answer, error=errors.from_response(error))
        else:
            _settle(call.answer, result=message.get("result"))

    def _notified(self, method: str, params: Mapping[str, Any]) -> None:
        if method == "$/cancelRequest":
            if task := self._serving.get(params.get("id", 0)):
                task.cancel()
        elif method in ("window/logMessage", "window/showMessage"):
            sidecar_logger.log(_LEVELS.get(params.get("type", 4), logging.DEBUG), "%s", params.get("message"))

    def _requested(self, number: int | str, method: str, params: Mapping[str, Any]) -> None:
        task = asyncio.ensure_future(self._answer(number, method, params))
        self._serving[number] = task
        task.add_done_callback(lambda _: self._serving.pop(number, None))

    async def _answer(self, number: int | str, method: str, params: Mapping[str, Any]) -> None:
        try:
            reply: dict[str, object] = {"result": await self._serve(method, params)}
        except asyncio.CancelledError:
            # Either the server does not want the answer any more, or there is nobody to give it to.
            reply = _error(_REQUEST_CANCELLED, "cancelled")
        except RefusalError as refusal:
            reply = _error(refusal.code, str(refusal))
        except Exception:
            logger.exception("answering %s failed", method)
            reply = _error(_INTERNAL_ERROR, f"the client failed to answer {method}")
        self._send({"id": number, **reply})


def _error(code: int, message: str) -> dict[str, object]:
    return {"error": {"code": code, "message": message}}


def _settle(answer: asyncio.Future[Any], *, result: object = None, error: Exception | None = None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)
        answer.exception()  # whoever does not wait for it need not be told
