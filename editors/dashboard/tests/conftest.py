"""What the tests stand on: the built binary, in folders of its own, and a look at what is left behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from claude_bridge import Bridge, Session
from claude_bridge.protocol import SessionEvent

REPOSITORY = Path(__file__).resolve().parents[3]
FAKE = Path(__file__).with_name("fake_sidecar.py")

MakeBridge = Callable[..., Bridge]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Ends with a line that tests/run counts."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not config.option.collectonly:
        passed, failed, broken = (len(reporter.stats.get(outcome, ())) for outcome in ("passed", "failed", "error"))
        reporter.write_line(f"{passed} passed, {failed + broken} failed")


@pytest.fixture(scope="session")
def binary() -> str:
    """The built program: what `CLAUDE_BRIDGE` names, else the debug build."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    path = Path(os.environ.get("CLAUDE_BRIDGE", target / "debug" / "claude-bridge"))
    assert path.is_file(), f"there is no {path}: run cargo build"
    return str(path)


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees, or touches, what belongs to the person."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))


@pytest.fixture
async def make_bridge(binary: str, tmp_path: Path) -> AsyncIterator[MakeBridge]:
    """Makes bridges with the built-in agent that share a history, and closes them when the test is over."""
    made: list[Bridge] = []

    def make(command: Any = None, *, demo: bool = True, **more: Any) -> Bridge:
        more.setdefault("options", {"dataDir": str(tmp_path / "data")})
        more.setdefault("workspace", tmp_path)
        bridge = Bridge(command or binary, demo=demo, **more)
        made.append(bridge)
        return bridge

    yield make
    for bridge in made:
        await bridge.close()


@pytest.fixture
async def bridge(make_bridge: MakeBridge) -> Bridge:
    """A running bridge with the built-in agent."""
    bridge = make_bridge()
    await bridge.start()
    return bridge


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    """Fails a test that leaves a child process."""
    yield
    left = [pid for pid in descendants(os.getpid()) if not is_zombie(pid)]
    assert not left, f"left behind: {[command_line(pid) for pid in left]}"


@pytest.fixture(autouse=True)
async def no_task_is_left() -> AsyncIterator[None]:
    """Fails a test that leaves a task."""
    before = asyncio.all_tasks()
    yield
    # Those that are only being told of their end get the chance to hear it.
    await asyncio.sleep(0)
    assert not {task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()}


def make_studies(root: Path, *studies: str) -> Path:
    """A root of the atomizer profile, with these studies and no MCP server that does anything."""
    server = root / "mcp-server/atomizer-tools/dist/index.js"
    server.parent.mkdir(parents=True)
    server.touch()
    for study in studies:
        setup = root / "studies" / study / "1_setup"
        setup.mkdir(parents=True)
        (setup / "optimization_config.json").write_text('{"study_name": "x"}')
    return root


async def until(events: AsyncIterator[SessionEvent], kind: str) -> list[SessionEvent]:
    """The events up to the first of a kind."""
    seen: list[SessionEvent] = []
    async for event in events:
        seen.append(event)
        if event["kind"] == kind:
            return seen
    raise AssertionError(f"no {kind} among {[event['kind'] for event in seen]}")


async def until_running(session: Session) -> None:
    while (await session.refresh())["state"] != "running":
        await asyncio.sleep(0.01)


def descendants(pid: int) -> set[int]:
    """All processes below one."""
    parents = {int(entry.name): parent(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found: set[int] = set()
    new = {pid}
    while new:
        new = {child for child, above in parents.items() if above in new} - found
        found |= new
    return found


def parent(pid: int) -> int | None:
    fields = stat(pid)
    return int(fields[1]) if fields else None


def is_zombie(pid: int) -> bool:
    fields = stat(pid)
    return not fields or fields[0] == "Z"


def stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return "gone"


async def gone(pids: set[int], limit: float = 5.0) -> bool:
    """Whether all these processes end within `limit` seconds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit
    while any(not is_zombie(pid) for pid in pids):
        if loop.time() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True
