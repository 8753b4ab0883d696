"""The child process: found, started, read, ended."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from typing import cast

from .connection import Connection, Server, logger, sidecar_logger
from .errors import SidecarExitedError, SidecarNotFoundError

#: Names the executable.
VARIABLE = "CLAUDE_BRIDGE"
EXECUTABLE = "claude-bridge"

#: How long an orderly end may take.
END_LIMIT = 1.5
#: How long the rest of the output is waited for once the process is gone.
_REST_LIMIT = 1.0
_STDERR_LINES = 50
_STDIN, _STDOUT, _STDERR = 0, 1, 2

Command = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def find(command: Command | None) -> list[str]:
    """The command line: what was given, else what `CLAUDE_BRIDGE` names, else what is in `PATH`."""
    if command is not None:
        words = [command] if isinstance(command, (str, os.PathLike)) else list(command)
        return [_executable(os.fspath(words[0]), "the given command"), *(os.fspath(word) for word in words[1:])]
    if named := os.environ.get(VARIABLE):
        return [_executable(named, VARIABLE)]
    if found := shutil.which(EXECUTABLE):
        return [found]
    raise SidecarNotFoundError(f"there is no {EXECUTABLE} in PATH, and {VARIABLE} is not set")


def _executable(name: str, origin: str) -> str:
    if found := shutil.which(name):
        return found
    raise SidecarNotFoundError(f"{origin} names {name!r}, which is no executable file")


class Sidecar(asyncio.SubprocessProtocol):
    """A running claude-bridge. `ended` resolves, with the reason, when it is gone and all that it wrote is read."""

    def __init__(self, serve: Server) -> None:
        loop = asyncio.get_running_loop()
        self.connection = Connection(self._write, serve)
        self.ended: asyncio.Future[SidecarExitedError] = loop.create_future()
        self._loop = loop
        self._transport: asyncio.SubprocessTransport | None = None
        self._stdin: asyncio.WriteTransport | None = None
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self._stderr_rest = b""
        self._writable = asyncio.Event()
        self._writable.set()
        self._output_ended = False
        self._exited = False

    @classmethod
    async def spawn(
        cls, command: Sequence[str], serve: Server, *, cwd: str | None, environment: Mapping[str, str] | None
    ) -> Sidecar:
        """Starts the process. It gets a session of its own: a Ctrl-C in the terminal is for the dashboard, which then
        ends it in order."""
        environment = None if environment is None else {**os.environ, **environment}
        try:
            _, sidecar = await asyncio.get_running_loop().subprocess_exec(
                lambda: cls(serve), *command, cwd=cwd, env=environment, start_new_session=sys.platform != "win32"
            )
        except OSError as error:
            raise SidecarNotFoundError(f"{command[0]} cannot be started: {error}") from error
        return sidecar

    @property
    def pid(self) -> int | None:
        """The number of its process."""
        return self._transport.get_pid() if self._transport else None

    async def drain(self) -> None:
        """Waits until the process has taken most of what was written."""
        await self._writable.wait()

    async def end(self) -> None:
        """Ends it in order; kills it if it takes longer than it may. Its own guards clean up after it in any case."""
        try:
            if not self.ended.done():
                self._say_goodbye()
                await asyncio.wait([self.ended], timeout=END_LIMIT)
        finally:
            self.kill()
        await asyncio.wait([self.ended], timeout=END_LIMIT)
        await self.connection.settled()

    def kill(self) -> None:
        """Ends it at once."""
        if self._transport is not None and not self._exited:
            try:
                self._transport.kill()
            except ProcessLookupError:
                logger.debug("it is gone already")

    def _say_goodbye(self) -> None:
        if self.connection.error is None:
            self.connection.call("shutdown", {})
            self.connection.notify("exit")
        if self._stdin is not None:
            self._stdin.close()

    def _write(self, data: bytes) -> None:
        if self._stdin is not None and not self._stdin.is_closing():
            self._stdin.write(data)

    # What asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.SubprocessTransport", transport)
        self._stdin = cast("asyncio.WriteTransport", self._transport.get_pipe_transport(_STDIN))

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == _STDERR:
            self._take_stderr(data)
            return
        try:
            self.connection.receive(data)
        except Exception:  # noqa: BLE001
            # A server that cannot be understood is of no use; the next one may be.
            logger.exception("the sidecar wrote something that is no message: it is ended")
            self.kill()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == _STDIN:
            self._writable.set()
        elif fd == _STDOUT:
            self._output_ended = True
            self._end_if_over()

    def process_exited(self) -> None:
        self._exited = True
        # A descendant could hold the pipe open.
        self._loop.call_later(_REST_LIMIT, self._finish)
        self._end_if_over()

    def _end_if_over(self) -> None:
        if self._exited and self._output_ended:
            self._finish()
        elif self._output_ended:
            self._loop.call_later(_REST_LIMIT, self.kill)

    def _finish(self) -> None:
        if self.ended.done() or self._transport is None:
            return
        code = self._transport.get_returncode()
        stderr = "\n".join(self._stderr)
        last = f": {self._stderr[-1]}" if self._stderr else ""
        error = SidecarExitedError(f"claude-bridge ended with {_ending(code)}{last}", exit_code=code, stderr=stderr)
        self._writable.set()
        # First those who start the next one, then those who may ask it something.
        self.ended.set_result(error)
        self.connection.lost(error)
        self._transport.close()

    def _take_stderr(self, data: bytes) -> None:
        *lines, self._stderr_rest = (self._stderr_rest + data).split(b"\n")
        self._stderr_rest = self._stderr_rest[-8192:]
        for line in lines:
            text = line.decode(errors="replace").rstrip()
            self._stderr.append(text)
            sidecar_logger.info("%s", text)


def _ending(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
