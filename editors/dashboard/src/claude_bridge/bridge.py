"""The client: keeps one sidecar running and speaks the protocol with it."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

from . import permissions, protocol, sidecar, tools
from .connection import Connection, RefusalError, logger
from .errors import BridgeClosedError, BridgeError, SidecarExitedError
from .methods import Methods
from .session import Session

#: How long is waited before the first restart, and at most before a later one; it doubles in between.
FIRST_DELAY, LONGEST_DELAY = 0.05, 5.0
#: A sidecar that ran for so long was a good one: the waiting begins anew.
GOOD_RUN = 10.0

PermissionSupport = Literal["request", "poll"]


class Bridge(Methods):
    """Runs claude-bridge and speaks with it. Use it as `async with Bridge(...) as bridge:`.

    If the sidecar dies it is started again. Requests that were under way raise `SidecarExitedError`; turns that had
    begun are told to the end from the history.
    """

    def __init__(
        self,
        command: sidecar.Command | None = None,
        *,
        demo: bool = False,
        workspace: str | os.PathLike[str] | None = None,
        options: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        on_permission: permissions.OnPermission | None = None,
        on_question: permissions.OnQuestion | None = None,
        permission_support: PermissionSupport | None = None,
        own_tools: Sequence[tools.Tool] = (),
        client_name: str = "dashboard",
        client_version: str | None = None,
        start_limit: float = 15.0,
    ) -> None:
        """
        - `command`: the sidecar, with arguments if there are any; default: `CLAUDE_BRIDGE`, then `PATH`.
        - `demo`: the built-in agent answers, without a CLI and an account.
        - `workspace`: the folder Claude works in; default: the process's own.
        - `options`: the configuration, with its keys in camelCase: `{"profile": "atomizer", "root": "…"}`.
        - `environment`: variables for the sidecar, beside those of this process.
        - `on_permission`, `on_question`: are asked when Claude needs the person. Without them what the rules do not
          allow is denied, and Claude is told why.
        - `permission_support`: `"poll"` where permissions are shown from events and answered by `permission_answer`.
        - `own_tools`: tools that Claude can call and that run here.
        - `client_name`, `client_version`: how the dashboard calls itself.
        - `start_limit`: after how many seconds a sidecar that does not answer is given up.
        """
        self._command = command
        self._arguments = ["--demo"] if demo else []
        self._workspace = Path(workspace or Path.cwd()).resolve()
        self._options = dict(options or {})
        self._environment = environment
        self._on_permission = on_permission
        self._on_question = on_question
        asked = on_permission is not None or on_question is not None
        self._permission_support = permission_support or ("request" if asked else None)
        self._tools = {tool.name: tool for tool in own_tools}
        self._client = {"name": client_name, **({"version": client_version} if client_version else {})}
        self._start_limit = start_limit
        #: Starting and closing are one at a time.
        self._life = asyncio.Lock()
        self._sidecar: sidecar.Sidecar | None = None
        self._supervisor: asyncio.Task[None] | None = None
        #: Resolves with the connection once there is one, or with why the latest start failed.
        self._ready: asyncio.Future[Connection] | None = None
        self._tokens = itertools.count(1)
        #: What the sidecar said about itself.
        self.capabilities: protocol.ServerCapabilities | None = None
        self.server_version: str | None = None
        #: How often the sidecar was started.
        self.starts = 0

    # Life

    async def start(self) -> None:
        """Starts the sidecar, if it does not run yet. Raises if that fails."""
        async with self._life:
            if self._supervisor is not None:
                return
            self._ready = asyncio.get_running_loop().create_future()
            try:
                first = await self._start_sidecar()
            except BaseException:
                self._ready = None
                raise
            self._supervisor = asyncio.create_task(self._supervise(first), name="claude-bridge supervisor")

    async def close(self) -> None:
        """Ends the sidecar in order, within 1.5 s: turns are interrupted and stored, processes ended."""
        async with self._life:
            supervisor, self._supervisor = self._supervisor, None
            ready, self._ready = self._ready, None
            if supervisor is not None:
                supervisor.cancel()
                await asyncio.wait([supervisor])
            if ready is not None and not ready.done():
                ready.set_exception(BridgeClosedError())
                ready.exception()
            running, self._sidecar = self._sidecar, None
            if running is not None:
                await running.end()

    async def __aenter__(self) -> Bridge:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def pid(self) -> int | None:
        """The number of the sidecar's process, while one runs."""
        return self._sidecar.pid if self._sidecar is not None else None

    # Requests

    async def request(self, method: str, params: Mapping[str, object] | None = None) -> Any:
        """Calls a method by its name and waits for its result. Params that are None are left out."""
        given = {name: value for name, value in (params or {}).items() if value is not None}
        connection = await self.connected()
        return await connection.request(method, given)

    async def connected(self) -> Connection:
        """The connection to the sidecar: waits where it is being started again, and raises if that fails."""
        if self._ready is None:
            raise BridgeClosedError
        connection = await asyncio.shield(self._ready)
        if self._sidecar is not None:
            await self._sidecar.drain()
        return connection

    def has(self, method: str) -> bool:
        """Whether the sidecar knows a method."""
        return self.capabilities is not None and method in self.capabilities["methods"]

    def new_token(self) -> str:
        """A progress token that nobody else has."""
        return f"client-{next(self._tokens)}"

    async def create_session(
        self,
        *,
        mode: protocol.Mode | None = None,
        cwd: str | os.PathLike[str] | None = None,
        title: str | None = None,
        model: str | None = None,
        **more: Any,
    ) -> Session:
        """Begins a conversation. `more` is passed on to `session_create`."""
        folder = None if cwd is None else os.fspath(cwd)
        created = await self.session_create(mode=mode, cwd=folder, title=title, model=model, **more)
        return Session(self, created["session"])

    async def open_session(self, session_id: str) -> Session:
        """A conversation that was begun before."""
        return Session(self, (await self.session_get(session_id))["session"])

    # The sidecar

    async def _supervise(self, running: sidecar.Sidecar) -> None:
        """Starts the sidecar again whenever it ends."""
        loop = asyncio.get_running_loop()
        delay = FIRST_DELAY
        while True:
            began = loop.time()
            error: BridgeError = await asyncio.shield(running.ended)
            if loop.time() - began > GOOD_RUN:
                delay = FIRST_DELAY
            while True:
                logger.warning("%s; it is started again", error)
                await asyncio.sleep(delay * random.uniform(0.8, 1.2))  # noqa: S311
                delay = min(delay * 2, LONGEST_DELAY)
                try:
                    running = await self._start_sidecar()
                    break
                except BridgeError as failure:
                    error = failure
                    # Whoever waits is told; whoever comes later waits for the next attempt.
                    self._fail(failure)

    async def _start_sidecar(self) -> sidecar.Sidecar:
        command = [*sidecar.find(self._command), *self._arguments]
        running = await sidecar.Sidecar.spawn(
            command, self._serve, cwd=str(self._workspace), environment=self._environment
        )
        try:
            await self._initialize(running)
        except BaseException:
            running.kill()
            await asyncio.wait([running.ended])
            raise
        self._sidecar = running
        running.ended.add_done_callback(lambda _: self._await_next(running))
        self.starts += 1
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(running.connection)
        return running

    def _await_next(self, ended: sidecar.Sidecar) -> None:
        """From now on requests wait for the next sidecar."""
        if self._sidecar is ended:
            self._sidecar = None
            self._ready = asyncio.get_running_loop().create_future()

    async def _initialize(self, running: sidecar.Sidecar) -> None:
        try:
            answer = await asyncio.wait_for(
                running.connection.request("initialize", self._introduction()), self._start_limit
            )
        except (asyncio.TimeoutError, TimeoutError) as error:
            raise SidecarExitedError(f"claude-bridge did not answer within {self._start_limit:g} s") from error
        try:
            abilities = answer["capabilities"]["experimental"]["claudeBridge"]
        except (KeyError, TypeError) as error:
            raise SidecarExitedError(
                "what was started is no claude-bridge: it knows nothing of its protocol"
            ) from error
        running.connection.notify("initialized", {})
        self.capabilities = cast("protocol.ServerCapabilities", abilities)
        self.server_version = answer.get("serverInfo", {}).get("version")

    def _introduction(self) -> dict[str, object]:
        abilities: dict[str, object] = {}
        if self._permission_support is not None:
            abilities["permissions"] = self._permission_support
        if self._tools:
            abilities["tools"] = [tool.declaration() for tool in self._tools.values()]
        return {
            "processId": os.getpid(),
            "clientInfo": self._client,
            "workspaceFolders": [{"uri": self._workspace.as_uri(), "name": self._workspace.name}],
            "initializationOptions": self._options,
            "capabilities": {"experimental": {"claudeBridge": abilities}},
        }

    def _fail(self, error: BridgeError) -> None:
        waited, self._ready = self._ready, asyncio.get_running_loop().create_future()
        if waited is not None and not waited.done():
            waited.set_exception(error)
            waited.exception()

    # What the server asks

    async def _serve(self, method: str, params: Mapping[str, Any]) -> object:
        if method == "permission/request":
            return await self._answer_permission(cast("protocol.Permission", params["permission"]))
        if method == "tool/call":
            return await self._run_tool(params)
        if method == "window/workDoneProgress/create":
            return None
        raise RefusalError.unknown_method(method)

    async def _answer_permission(self, asked: protocol.Permission) -> protocol.PermissionAnswer:
        answer: protocol.PermissionAnswer | None = None
        if asked["kind"] == "question" and self._on_question is not None:
            said = await self._on_question(asked)
            answer = None if said is None else permissions.answers(said)
        elif self._on_permission is not None:
            answer = await self._on_permission(asked)
        if answer is None:
            raise RefusalError("the dashboard leaves it to others")
        return answer

    async def _run_tool(self, params: Mapping[str, Any]) -> object:
        tool = self._tools.get(params["name"])
        if tool is None:
            return {"content": tools.content(f"there is no tool {params['name']}"), "isError": True}
        call = tools.ToolCall(params["sessionId"], params.get("arguments") or {}, params.get("toolUseId"))
        try:
            return {"content": tools.content(await tool.run(call)), "isError": False}
        except Exception as error:  # noqa: BLE001
            logger.exception("the tool %s failed", tool.name)
            return {"content": tools.content(f"{type(error).__name__}: {error}"), "isError": True}
