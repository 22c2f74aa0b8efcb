from __future__ import annotations

import pytest

from clinic import dispatch


@pytest.fixture(autouse=True)
def media_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def bells(monkeypatch):
    """What would have been sent: (task name, ids)."""
    rung: list[tuple[str, dict[str, str]]] = []

    def publish(name: str, **ids: str) -> bool:
        rung.append((name, ids))
        return True

    monkeypatch.setattr(dispatch, "publish", publish)
    return rung
