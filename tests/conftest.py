"""For every test: nothing left over from the one before. (Network beyond this machine is blocked in pyproject.toml.)"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.cache import caches


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu"):
        torch = pytest.importorskip("torch")
        if not torch.cuda.is_available():
            pytest.skip("no GPU that torch can use")


@pytest.fixture(autouse=True)
def own_media(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Stored files of one test are not seen by the next."""
    uses_rows = {"db", "transactional_db", "live_server"} & set(request.fixturenames)
    if not uses_rows and not request.node.get_closest_marker("django_db"):
        return
    settings = request.getfixturevalue("settings")
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = settings.MEDIA_ROOT / "incoming"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir(parents=True)


@pytest.fixture(autouse=True)
def nothing_counted_yet() -> None:
    """The API's limits count in a cache that outlives a test; those of the log-in roll back with its transaction."""
    caches["process"].clear()
