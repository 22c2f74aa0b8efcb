"""The container files by themselves: no engine is needed to find most slips."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.docker.files import DOCKER, DOCKERFILES, ROOT, command_of, compose

SCHEMA = json.loads((Path(__file__).parent / "compose.schema.json").read_text())
OWN = ("migration", "web", "light", "beat", "gpu", "cpu")
FILE_OF_IMAGE = {f"seventh-{path.name.split('.')[0]}": path for path in DOCKERFILES}


def tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def test_compose_file_keeps_to_the_format():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(compose(), SCHEMA)


def test_schema_notices_a_slip():
    broken = compose()
    broken["services"]["web"]["comand"] = ["oops"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMA)


def test_dockerfiles_pass_the_linter():
    done = subprocess.run([tool("hadolint"), *map(str, DOCKERFILES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_compose_file_passes_the_linter():
    options = ["--strict", "-c", str(DOCKER / ".yamllint.yaml"), str(DOCKER / "compose.yaml")]
    done = subprocess.run([tool("yamllint"), *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_image_is_pinned_hashed_and_not_root(path):
    text = path.read_text()
    stages = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert stages
    assert all(re.search(r":\d+\.\d+\.\d+-", stage) for stage in stages)
    assert text.count("--require-hashes") == 2
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE)[-1] == "10001"
    assert command_of(path)
    assert command_of(path, "HEALTHCHECK")[1] == "healthy.py"


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_everything_an_image_copies_exists_and_reaches_the_engine(path):
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for line in re.findall(r"^COPY (?!--from)(.+)", path.read_text(), re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists() or "*" in source, source  # a pattern beside a file may find nothing
            assert any(source == entry or source.startswith(f"{entry}/") for entry in allowed), source


def test_the_web_image_has_the_cards_of_shipped_weights_and_not_the_weights():
    text = (DOCKER / "web.Dockerfile").read_text()
    (copied,) = (
        line.split()[1:] for line in text.splitlines() if "weights/shipped" in line and line.startswith("COPY")
    )
    assert {Path(name).name for name in copied[:-1]} == {"README.md", "*.toml"}
    assert not re.search(r"^COPY analysis analysis$", text, re.MULTILINE)


def test_own_services_are_built_here_locked_down_and_private():
    services = compose()["services"]
    assert set(services) == {*OWN, "database", "redis", "nginx"}
    for name in OWN:
        service = services[name]
        assert (ROOT / service["build"]["dockerfile"]) == FILE_OF_IMAGE[service["image"]]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert "media:/media" in service["volumes"]
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    assert "media" not in str(services["nginx"]["volumes"])


def test_foreign_images_are_pinned():
    services = compose()["services"]
    for name in ("database", "redis", "nginx"):
        assert re.search(r":\d+\.\d+(\.\d+)?-", services[name]["image"])


def test_everything_waits_for_something_that_exists():
    services = compose()["services"]
    for service in services.values():
        for name, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "test" in services[name].get("healthcheck", {}) or services[name]["image"] in FILE_OF_IMAGE


def test_one_env_file_names_every_variable_and_nothing_else():
    asked = re.findall(r"\$\{(\w+)", (DOCKER / "compose.yaml").read_text())
    offered = re.findall(r"^(\w+)=", (DOCKER / ".env.example").read_text(), re.MULTILINE)
    assert set(asked) - {"SEVENTH_COMMIT"} == set(offered)
    assert "change" not in (DOCKER / ".env.example").read_text().lower()


def test_every_queue_has_a_worker_and_beat_its_schedule():
    from tasks import config

    served = set()
    for name in ("light", "gpu"):
        command = command_of(DOCKER / f"{name}.Dockerfile")
        served |= set(command[command.index("--queues") + 1].split(","))
    assert served == set(config.ROUTES.values())
    assert "beat" in compose()["services"]["beat"]["command"]


def test_light_worker_needs_neither_torch_nor_mediapipe():
    code = (
        "import sys, django; django.setup()\n"
        "import tasks.playback, tasks.sweep, tasks.analyse, tasks.warm, analysis.video.playback\n"
        "import tasks.papers, tasks.letters.document, tasks.letters.stills\n"
        "print(sorted({'torch', 'mediapipe', 'scipy', 'skimage'} & set(sys.modules)))"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
