"""Runs the command line over a folder of bad media and compares what it says with the folder's manifest.

    python -m tests.analysis.bad_media_run FOLDER [--out TABLE.txt] [--jobs 2] [--only ID ...]

FOLDER is what `bad_videos.py` of the reference folder writes (it needs ffmpeg and about 70 s). Every file is analysed
once, by `python -m analysis report` in a process of its own. Exit status 1 when a case disagrees.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.video.problems import REFUSALS, WARNINGS

ROOT = Path(__file__).resolve().parents[2]
VERDICTS = ("accept", "flagged", "inconclusive", "reject")
ABOUT_THE_PICTURE = set(REFUSALS) - set(list(REFUSALS)[: list(REFUSALS).index("no_face")])
UPLOAD_STAGES = ("filename", "header")  # names and content types are judged where files are taken in, not here


@dataclass
class Outcome:
    """What the command line said about one file."""

    verdict: str
    codes: list[str]
    seconds: float
    report: dict[str, Any] = field(default_factory=dict)
    log: str = ""


@dataclass
class Row:
    case: dict[str, Any]
    outcome: Outcome
    faults: list[str]

    @property
    def judged_here(self) -> bool:
        return self.case["stage"] not in UPLOAD_STAGES


def run_cli(path: Path, timeout_s: float) -> Outcome:
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "analysis", "report", str(path), "--out", f"{folder}/r.json", "--quiet"]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "TMPDIR": folder}
        environment.pop("TORCHINDUCTOR_CACHE_DIR", None)  # what this process was given must not speak for that one
        try:
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout_s)
        except subprocess.TimeoutExpired:
            return Outcome("timeout", [], time.monotonic() - start)
        seconds = time.monotonic() - start
        if done.returncode not in (0, 3):
            return Outcome(f"crash {done.returncode}", [], seconds, log=done.stderr[-2000:])
        report = json.loads(Path(folder, "r.json").read_text())
        left = sorted(p.name for p in Path(folder).iterdir() if p.name != "r.json")
    outcome = outcome_of(report, seconds)
    if left:
        outcome.log = f"left behind: {left}"
    return outcome


def outcome_of(report: dict[str, Any], seconds: float) -> Outcome:
    codes = [problem["code"] for problem in report["problems"]]
    if report["status"] == "refused":
        verdict = "inconclusive" if codes[0] in ABOUT_THE_PICTURE else "reject"
    else:
        verdict = "flagged" if set(codes) & set(WARNINGS) else "accept"
    return Outcome(verdict, codes, seconds, report)


def faults_of(case: dict[str, Any], outcome: Outcome, limit_s: float) -> list[str]:
    """Everything in which an outcome disagrees with its case; empty when it agrees."""
    faults = [] if outcome.verdict in allowed(case) else [f"{outcome.verdict}, not {'/'.join(sorted(allowed(case)))}"]
    if outcome.seconds > limit_s:
        faults.append(f"took {outcome.seconds:.0f} s")
    if outcome.log:
        faults.append(outcome.log.strip().splitlines()[-1][:200])
    text = json.dumps(outcome.report)
    faults += [f"says {token}" for token in case.get("must_not_contain", []) if token in text]
    if outcome.report.get("video"):
        faults += expectations(case.get("expect", {}), outcome.report)
    return faults


def allowed(case: dict[str, Any]) -> set[str]:
    words = {word for entry in case.get("allowed", []) for word in VERDICTS if word in entry.split(":")[0]}
    return words | ({case["verdict"]} & set(VERDICTS))


def expectations(expect: dict[str, Any], report: dict[str, Any]) -> list[str]:
    video, quality = report["video"], report["quality"]
    found = {
        "frames": video["frame_count"],
        "display": [video["width"], video["height"]],
        "rotation": video["rotation_deg"],
        "faces": quality and quality["faces_max"],
    }
    faults = [f"{key} {found[key]}, not {expect[key]}" for key in found if key in expect and found[key] != expect[key]]
    if "duration_s" in expect and abs(video["duration_s"] - expect["duration_s"]) > 0.1:
        faults.append(f"duration {video['duration_s']}, not {expect['duration_s']}")
    return faults


def run_all(folder: Path, jobs: int, only: list[str]) -> list[Row]:
    manifest = json.loads((folder / "manifest.json").read_text())
    cases = [c for c in manifest["cases"] if not only or c["id"] in only]
    limit_s = manifest["policy"]["max_seconds_per_file"]
    files = list(dict.fromkeys(c["file"] for c in cases))
    with ThreadPoolExecutor(jobs) as pool:
        outcomes = dict(zip(files, pool.map(lambda f: run_cli(folder / f, 4 * limit_s), files), strict=True))
    return [Row(c, outcomes[c["file"]], faults_of(c, outcomes[c["file"]], limit_s)) for c in cases]


def table(rows: list[Row]) -> str:
    lines = []
    for row in rows:
        mark = "ok " if not row.faults else ("-- " if not row.judged_here else "NO ")
        expected = f"{row.case['verdict']}: {row.case['reason']}"
        said = f"{row.outcome.verdict}: {', '.join(row.outcome.codes)}"
        took, faults = f"{row.outcome.seconds:6.1f} s", "; ".join(row.faults)
        lines.append(f"{mark} {row.case['id']:26s} {expected:38s} {said:60s} {took} {faults}")
    here = [row for row in rows if row.judged_here]
    agree = sum(not row.faults for row in here)
    reasons = sum(named(row) for row in here if row.case["verdict"] != "accept")
    refusable = sum(row.case["verdict"] != "accept" for row in here)
    elsewhere = [row for row in rows if not row.judged_here]
    lines += [
        "",
        f"{agree} of {len(here)} cases agree; the code is the manifest's in {reasons} of {refusable} that have one.",
        f"{sum(not row.faults for row in elsewhere)} of {len(elsewhere)} cases of names and content types agree, "
        "which the upload decides (--: by content alone the file is good).",
    ]
    return "\n".join(lines) + "\n"


def named(row: Row) -> bool:
    reasons = {row.case["reason"], *row.case.get("alternative_reasons", [])}
    return bool(reasons & set(row.outcome.codes)) or (
        row.outcome.verdict == "accept" and row.case["verdict"] == "either"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[])
    args = parser.parse_args()
    rows = run_all(args.folder, args.jobs, args.only)
    text = table(rows)
    sys.stdout.write(text)
    if args.out:
        args.out.write_text(text)
    return int(any(row.faults for row in rows if row.judged_here))


if __name__ == "__main__":
    sys.exit(main())
