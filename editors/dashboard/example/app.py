"""A dashboard's chat, end to end: one page, one WebSocket, one bridge.

    python example/app.py --demo
    python example/app.py --root ~/atomizer      # its chats can be about a study

It listens on loopback alone. Whoever opens the WebSocket has to come from the page (Origin) and to know the token,
which is made anew at every start and stands in the fragment of the URL that is printed: a browser sends that to nobody,
and no log has it. A turn belongs to its session, not to the page that began it: reload the page, and it is all there.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import logging
import secrets
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect, status
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from claude_bridge import Bridge, BridgeError, Session
from claude_bridge.protocol import Turn

logger = logging.getLogger(__name__)

PAGE = Path(__file__).with_name("page")
#: The WebSocket's sub-protocol. The token comes beside it, as one more.
PROTOCOL, TOKEN_PREFIX = "claude-bridge", "token."


def create_app(bridge: Bridge, *, token: str, origins: Collection[str]) -> FastAPI:
    """The dashboard's backend, around a bridge that it starts and ends."""
    turns: set[asyncio.Future[Turn]] = set()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None, None]:
        async with bridge:
            yield
        await asyncio.gather(*turns, return_exceptions=True)

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])

    @app.websocket("/chat")
    async def chat(websocket: WebSocket) -> None:
        if not may_enter(websocket, token, origins):
            await websocket.close(status.WS_1008_POLICY_VIOLATION)
            return
        await websocket.accept(subprotocol=PROTOCOL)
        await Conversation(bridge, websocket, turns).run()

    app.mount("/", StaticFiles(directory=PAGE, html=True))
    return app


def may_enter(websocket: WebSocket, token: str, origins: Collection[str]) -> bool:
    """Whether it comes from our page, and from someone who knows the token."""
    offered = websocket.scope.get("subprotocols", [])
    given = [name.removeprefix(TOKEN_PREFIX) for name in offered if name.startswith(TOKEN_PREFIX)]
    known = any(hmac.compare_digest(one.encode(), token.encode()) for one in given)
    return websocket.headers.get("origin") in origins and PROTOCOL in offered and known


class Conversation:
    """One page that looks at one session."""

    def __init__(self, bridge: Bridge, websocket: WebSocket, turns: set[asyncio.Future[Turn]]) -> None:
        self._bridge = bridge
        self._websocket = websocket
        self._turns = turns

    async def run(self) -> None:
        """Until the page is gone."""
        try:
            session = await self._open((await self._websocket.receive_json()).get("sessionId"))
            telling = asyncio.create_task(self._tell(session))
            try:
                while True:
                    await self._do(session, await self._websocket.receive_json())
            finally:
                telling.cancel()
                await asyncio.wait([telling])
        except WebSocketDisconnect:
            logger.debug("the page is gone")

    async def _open(self, session_id: str | None) -> Session:
        if session_id is not None:
            try:
                return await self._bridge.open_session(session_id)
            except BridgeError as error:
                await self._problem(error)
        return await self._bridge.create_session()

    async def _tell(self, session: Session) -> None:
        """What there is, then what comes. A page that reads slowly slows down nobody else."""
        try:
            messages = [message async for message in session.messages()]
            permissions = (await self._bridge.permission_list(session_id=session.id))["permissions"]
            studies = (await self._bridge.study_list())["studies"]
            history = {"session": session.info, "messages": messages, "permissions": permissions, "studies": studies}
            await self._send("history", **history)
            async with session.events(after_seq=messages[-1]["seq"] if messages else 0) as events:
                async for event in events:
                    await self._send("event", event=event)
        except BridgeError as error:
            await self._problem(error)

    async def _do(self, session: Session, wish: dict[str, Any]) -> None:
        """What the person wants."""
        try:
            match wish.get("type"):
                case "send":
                    self._begin(session, str(wish["text"]))
                case "study":
                    await session.set_study(wish["studyId"])
                case "interrupt":
                    await session.interrupt()
                case "answer":
                    await self._bridge.permission_answer(wish["permissionId"], wish["answer"])
                case other:
                    logger.warning("the page wants %r, which is nothing", other)
        except BridgeError as error:
            await self._problem(error)

    def _begin(self, session: Session, text: str) -> None:
        """Begins a turn that goes on whether or not the page does. Its events come to all who look at the session."""
        turn = asyncio.ensure_future(session.send(text))
        self._turns.add(turn)
        turn.add_done_callback(self._ended)

    def _ended(self, turn: asyncio.Future[Turn]) -> None:
        self._turns.discard(turn)
        if not turn.cancelled() and (error := turn.exception()) is not None:
            logger.warning("a message was not answered: %s", error)

    async def _problem(self, error: BridgeError) -> None:
        await self._send("problem", message=str(error))

    async def _send(self, kind: str, **fields: object) -> None:
        try:
            await self._websocket.send_json({"type": kind, **fields})
        except (WebSocketDisconnect, RuntimeError):
            logger.debug("the page is gone")  # and `run` is about to hear of it


def main() -> None:
    parser = argparse.ArgumentParser(description="A dashboard's chat.")
    parser.add_argument("--demo", action="store_true", help="talk to the built-in agent")
    parser.add_argument("--root", type=Path, help="the folder that has `studies`")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()

    token = secrets.token_urlsafe(32)
    origin = f"http://127.0.0.1:{arguments.port}"
    options = {"profile": "atomizer", "root": str(arguments.root.resolve())} if arguments.root else {}
    bridge = Bridge(demo=arguments.demo, permission_support="poll", client_name="example dashboard", options=options)
    print(f"Open {origin}/#token={token}", flush=True)  # noqa: T201
    uvicorn.run(create_app(bridge, token=token, origins={origin}), host="127.0.0.1", port=arguments.port)


if __name__ == "__main__":
    main()
