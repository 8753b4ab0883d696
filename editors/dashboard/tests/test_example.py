"""The example: a real uvicorn, a real WebSocket client, and a real browser."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Page, async_playwright, expect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from app import create_app
from claude_bridge import Bridge, allow
from conftest import REPOSITORY, MakeBridge, make_studies

TOKEN = "a-token-that-nobody-guesses"
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Dashboard:
    """The example, as it runs."""

    port: int
    bridge: Bridge

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self, *, origin: str | None = None, token: str | None = TOKEN, host: str = "127.0.0.1") -> connect:
        protocols = [Subprotocol("claude-bridge"), *([Subprotocol(f"token.{token}")] if token else [])]
        given = Origin(origin or self.origin)
        return connect(
            f"ws://{host}:{self.port}/chat", origin=given, subprotocols=protocols, proxy=None, host="127.0.0.1"
        )


@pytest.fixture
async def dashboard(make_bridge: MakeBridge, tmp_path: Path) -> AsyncIterator[Dashboard]:
    root = make_studies(tmp_path / "atomizer", "mirror/bracket", "plate")
    options = {"dataDir": str(tmp_path / "data"), "profile": "atomizer", "root": str(root)}
    bridge = make_bridge(permission_support="poll", options=options)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = Dashboard(listening.getsockname()[1], bridge)
        app = create_app(bridge, token=TOKEN, origins={running.origin})
        config = uvicorn.Config(app, ws="websockets-sansio", log_config=None, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield running
        server.should_exit = True
        await serving


class Chat:
    """A page, as the backend sees it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.session_id = ""
        self.messages: list[dict[str, Any]] = []
        #: The texts of the answers, by the ids of their messages.
        self.texts: dict[str, str] = {}

    async def open(self, session_id: str | None = None) -> Chat:
        await self.tell(sessionId=session_id)
        history = await self.hear("history")
        self.session_id, self.messages = history["session"]["id"], history["messages"]
        return self

    async def tell(self, **wish: Any) -> None:
        await self._socket.send(json.dumps(wish))

    async def hear(self, kind: str) -> dict[str, Any]:
        while True:
            told: dict[str, Any] = json.loads(await asyncio.wait_for(self._socket.recv(), 20))
            if told["type"] == kind:
                return told

    async def until(self, kind: str) -> dict[str, Any]:
        """The next event of a kind; texts are put together on the way."""
        while True:
            event: dict[str, Any] = (await self.hear("event"))["event"]
            if event["kind"] == "textDelta":
                self._append(event)
            if event["kind"] == kind:
                return event

    def _append(self, event: dict[str, Any]) -> None:
        known = self.texts.get(event["itemId"], "").encode()
        assert event["offset"] <= len(known), "something was left out"
        self.texts[event["itemId"]] = (known[: event["offset"]] + event["text"].encode()).decode()


@asynccontextmanager
async def chat(dashboard: Dashboard, session_id: str | None = None) -> AsyncGenerator[Chat, None]:
    async with dashboard.connect() as socket:
        assert socket.subprotocol == "claude-bridge"
        yield await Chat(socket).open(session_id)


async def test_who_comes_from_elsewhere_or_knows_no_token_is_refused(
    dashboard: Dashboard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="uvicorn")
    refused = [
        dashboard.connect(origin="http://evil.example"),
        dashboard.connect(origin=f"http://localhost:{dashboard.port}"),
        dashboard.connect(token=None),
        dashboard.connect(token=TOKEN[:-1]),
        dashboard.connect(host="evil.example"),
    ]
    for attempt in refused:
        with pytest.raises(InvalidStatus) as raised:
            async with attempt:
                pass
        assert raised.value.response.status_code in (400, 403)
    async with chat(dashboard):
        pass
    assert "/chat" in caplog.text
    assert TOKEN not in caplog.text.replace(f"token.{TOKEN}", "")


async def test_a_chat_over_the_websocket(dashboard: Dashboard) -> None:
    async with chat(dashboard) as page:
        await page.tell(type="send", text="fast tool, then edit notes.md")
        assert (await page.until("toolCall"))["title"]
        asked = (await page.until("permissionRequested"))["permission"]
        await page.tell(type="answer", permissionId=asked["id"], answer=allow())
        resolved = await page.until("permissionResolved")
        assert (resolved["behavior"], resolved["by"]) == ("allow", "client")
        turn = (await page.until("turnCompleted"))["turn"]
        assert turn["stopReason"] == "completed"
        assert turn["text"] in page.texts.values()

        await page.tell(type="answer", permissionId=asked["id"], answer=allow())
        assert "permission" in (await page.hear("problem"))["message"]
        await page.tell(type="send", text="long 1000")
        await page.until("textDelta")
        await page.tell(type="interrupt")
        assert (await page.until("turnCompleted"))["turn"]["stopReason"] == "interrupted"


async def test_a_turn_survives_its_page_and_a_second_one_sees_all_of_it(dashboard: Dashboard) -> None:
    async with chat(dashboard) as page:
        await page.tell(type="send", text="long 40")
        for _ in range(5):
            await page.until("textDelta")
    async with chat(dashboard, page.session_id) as again:
        assert [message["role"] for message in again.messages] == ["user"]
        turn = (await again.until("turnCompleted"))["turn"]
    assert turn["stopReason"] == "completed"
    assert list(again.texts.values()) == [turn["text"]]
    assert len(turn["text"].split()) == 40


@pytest.fixture
async def page(dashboard: Dashboard) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        page = await browser.new_page(viewport={"width": 900, "height": 760})
        page.set_default_timeout(15_000)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        await page.goto(f"{dashboard.origin}/#token={TOKEN}")
        yield page
        await browser.close()
        assert complaints == []


async def test_a_person_chats_allows_and_reloads_in_mid_turn(page: Page, dashboard: Dashboard) -> None:
    expect.set_options(timeout=15_000)
    await expect(page.locator("#state")).to_have_text("ready")
    assert TOKEN not in page.url

    await page.fill("#text", "fast think, then read results.csv and edit notes.md")
    await page.press("#text", "Enter")
    await expect(page.locator(".user")).to_have_count(1)
    await expect(page.locator(".tool.done")).to_have_text("Read results.csv")
    allowing = page.locator(".permission button.allow")
    await expect(allowing).to_be_visible()
    await photograph(page, "permission")
    await allowing.click()
    await expect(page.locator(".permission")).to_have_count(0)
    await expect(page.locator(".tool.done")).to_have_count(2)

    await page.fill("#text", "long 60")
    await page.click("#send")
    answer = page.locator(".answer").last
    await expect(answer).to_contain_text(" ")
    await page.reload()
    await expect(page.locator(".user")).to_have_count(2)
    await expect(page.locator(".tool.done")).to_have_text(["Read results.csv", "Edit notes.md"])
    await expect(page.locator("#stop")).to_be_visible()
    await expect(page.locator("#state")).to_have_text("ready", timeout=20_000)
    assert len((await answer.text_content() or "").split()) == 60
    await photograph(page, "reloaded")


async def test_a_chat_is_about_the_study_that_a_person_picks(page: Page, dashboard: Dashboard) -> None:
    expect.set_options(timeout=15_000)
    study = page.locator("#study")
    await expect(study.locator("option")).to_have_text(["no study", "mirror/bracket", "plate"])
    session_id = await page.evaluate("sessionStorage.getItem('sessionId')")
    async with chat(dashboard, session_id) as other:
        await study.select_option("plate")
        while (await other.until("sessionChanged"))["session"].get("studyId") != "plate":
            pass
    await page.reload()
    await expect(study).to_have_value("plate")
    assert (await dashboard.bridge.session_get(session_id))["session"].get("studyId") == "plate"


async def photograph(page: Page, name: str) -> None:
    """A picture for whoever wants to look."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    await page.screenshot(path=target / "dashboard" / f"{name}.png")
