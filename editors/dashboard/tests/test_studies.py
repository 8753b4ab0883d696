"""Studies, by the drop-in for the old session manager."""

from __future__ import annotations

from pathlib import Path

import pytest

from claude_bridge import kinds
from claude_bridge.session_manager import SessionManager
from conftest import MakeBridge, make_studies


async def test_a_session_is_about_a_study(make_bridge: MakeBridge, tmp_path: Path) -> None:
    root = make_studies(tmp_path / "atomizer", "mirror/bracket", "plate")
    options = {"dataDir": str(tmp_path / "data"), "profile": "atomizer", "root": str(root)}
    async with make_bridge(options=options) as bridge:
        manager = SessionManager(bridge, aliases=tmp_path / "aliases.json")
        await manager.start()
        session = await manager.create_session("user", "mirror/bracket")
        assert session.study_id == "mirror/bracket"
        assert [chunk["type"] async for chunk in manager.send_message(session.session_id, "fast hello")][-1] == "done"
        assert (await manager.set_study_context(session.session_id, "plate")).study_id == "plate"
        info = manager.get_session_info(session.session_id)
        assert info is not None
        assert info["study_id"] == "plate"
        again = await manager.create_session(study_id="mirror/bracket", resume_session_id=session.session_id)
        assert (again is session, session.study_id) == (True, "mirror/bracket")
        for study in ("no/such/study", "../mirror/bracket"):
            with pytest.raises(kinds.StudyNotFoundError):
                await manager.set_study_context(session.session_id, study)
        assert (await manager.set_study_context(session.session_id, None)).study_id is None


async def test_a_manager_can_have_a_bridge_of_its_own(
    monkeypatch: pytest.MonkeyPatch, binary: str, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLAUDE_BRIDGE", binary)
    monkeypatch.setenv("ATOMIZER_ROOT", str(make_studies(tmp_path / "atomizer", "plate")))
    manager = SessionManager()
    await manager.start()
    assert [study["id"] for study in (await manager.bridge.study_list())["studies"]] == ["plate"]
    await manager.stop()
    assert manager.bridge.pid is None
