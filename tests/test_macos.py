"""What can be known here of a Mac: its old make and its own tools, its file system, what the scripts say to it.

That every package has a wheel for it is asked of the index by tools/wheels-elsewhere, a step of .ci/run.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PEOPLES_SCRIPTS = [ROOT / "Makefile", ROOT / "tools" / "environment", ROOT / "tools" / "lint"]

# Apple ships GNU make 3.81 and BSD tools.
NEWER_THAN_MAKE_3_81 = (
    r"^\.(ONESHELL|SHELLFLAGS|RECIPEPREFIX|NOTINTERMEDIATE)|\$\((file|guile|let|intcmp) |&:|::=|!=|^undefine|^private "
)
GNU_ALONE = (
    r"readlink -f|realpath|sed -[a-z]*[ir]|date -d|stat -c|grep -[a-zA-Z]*P|xargs -r|sort -V|\bnproc\b|\btimeout \d|"
    r"mktemp --|find .*-printf|cp --|head -n? ?-\d|/proc/|\bsetsid\b|\btac\b|ls --|\[\[|\bmapfile\b|declare -A|wait -n"
)


@pytest.mark.parametrize("path", PEOPLES_SCRIPTS, ids=lambda path: path.name)
def test_what_people_type_needs_no_gnu_tool_and_no_new_make(path: Path) -> None:
    text = re.sub(r"\$\(file-|(^|\s)#.*", "", path.read_text())
    found = re.findall(f"({GNU_ALONE})", text)
    if path.name == "Makefile":
        found += re.findall(f"({NEWER_THAN_MAKE_3_81})", text, re.MULTILINE)
    else:
        assert path.read_text().startswith("#!/bin/sh\n")  # bash 3.2 there, dash here
    assert found == []


def test_no_two_names_differ_in_case_alone() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = Counter(name.casefold() for name in listed.stdout.splitlines())
    assert [name for name, times in names.items() if times > 1] == []


def machine(folder: Path, system: str, processor: str, version: str = "") -> dict[str, str]:
    """An environment whose `uname` and `sw_vers` tell of another machine."""
    answers = {"uname": f'[ "$1" = -m ] && echo {processor} || echo {system}', "sw_vers": f"echo {version}"}
    for name, script in answers.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


@pytest.mark.parametrize(
    ("system", "processor", "version", "says"),
    [
        ("Darwin", "x86_64", "15.1", "has no build for Darwin x86_64"),
        ("Linux", "aarch64", "", "has no build for Linux aarch64"),
        ("Darwin", "arm64", "13.7.2", "this is 13.7.2"),
        ("Darwin", "arm64", "14.5", "this is 14.5"),
    ],
)
def test_machine_without_wheels_is_told_at_once(
    system: str, processor: str, version: str, says: str, tmp_path: Path
) -> None:
    environment = machine(tmp_path, system, processor, version)
    done = subprocess.run(
        [ROOT / "tools" / "environment", "base"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1 and says in done.stderr


@pytest.mark.parametrize("version", ["14.6", "14.7.1", "15.0", "26.1"])
def test_mac_that_is_new_enough_comes_past_the_check(version: str, tmp_path: Path) -> None:
    """Only as far as the check: the rest is left out of the script."""
    script = (ROOT / "tools" / "environment").read_text().rsplit("\ncheck_machine\n", 1)[0]
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "environment").write_text(f"{script}\ncheck_machine\necho passed\n")
    done = subprocess.run(
        ["sh", tmp_path / "tools" / "environment", "base"],
        env=machine(tmp_path, "Darwin", "arm64", version),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "passed\n"), done.stderr
