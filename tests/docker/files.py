"""The container files as Python values."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
DOCKERFILES = sorted(DOCKER.glob("*.Dockerfile"))


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DOCKER / "compose.yaml").read_text()))


def command_of(dockerfile: Path, instruction: str = "CMD") -> list[str]:
    """The last CMD (or the health check's) of a Dockerfile."""
    lines = [line for line in dockerfile.read_text().splitlines() if re.match(rf"{instruction}\b", line)]
    return list(json.loads(lines[-1][lines[-1].index("[") :]))
