"""What the README says about settings and targets is what there is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
ELSEWHERE = {"SEVENTH_COMMIT", "SEVENTH_PORT", "SEVENTH_NO_NODE"}  # read outside the settings, each once


def test_settings_table_names_every_variable_that_is_read():
    read = re.findall(r'(?:env\.\w+|environment\.\w+)\(\s*"([A-Z_]+)"', (ROOT / "clinic" / "settings.py").read_text())
    named = re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE)
    assert len(named) == len(set(named))
    assert set(named) == set(read) | ELSEWHERE


def test_variables_read_elsewhere_are_read():
    sources = [*(ROOT / "tasks").rglob("*.py"), *(ROOT / "analysis").rglob("*.py"), ROOT / "tools" / "environment"]
    text = "\n".join(path.read_text() for path in sources)
    assert all(name in text for name in ELSEWHERE)


def test_every_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z][a-z-]+)", README)) - {"says"} <= targets


def test_every_folder_that_is_named_exists():
    for name in re.findall(r"`([\w.]+/)`", README):
        assert (ROOT / name).is_dir() or name in ("var/", "static_root/", "media/"), name
