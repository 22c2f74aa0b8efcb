"""`python -m analysis report`: one video to one `seventh.report/1`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from analysis.contracts import ANSWERING, Mirrored, PublishedSystem, ReportStatus, SessionReport, Timeline

if TYPE_CHECKING:
    from analysis.weights.chosen import Chosen, Wanted

MEASURED, USAGE, REFUSED = 0, 2, 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the published systems is to run on a video."""

    systems: Sequence[Wanted] = ()
    face_score: Chosen | None = None
    device: str = "cpu"


ALONE: Final = Asked()  # landmark measurements and nothing else


class UsageError(Exception):
    """One line for the person at the terminal."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "report",
        help="measure one video",
        description="Measure one video and write one JSON object (seventh.report/1). For research use.",
        epilog="Exit status: 0 measured, 2 wrong usage, 3 the video was refused (the JSON says why).",
    )
    parser.add_argument("video", type=Path, metavar="VIDEO")
    parser.add_argument("--timeline", type=Path, metavar="T.json", help="which exercise was asked for when")
    parser.add_argument("--mirrored", action="store_true", help="the stored picture is a mirror image")
    parser.add_argument("--out", type=Path, metavar="R.json", help="write here instead of to standard output")
    parser.add_argument(
        "--systems",
        default="all",
        metavar="NAMES",
        help=f"published systems to run where they have weights: all, none, or some of {', '.join(PublishedSystem)}; "
        "integrated, which judges detected faces and is not among all, runs when it is named or its card is given",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        action="append",
        default=[],
        metavar="CARD.toml",
        help="weights of a published system, its file beside the card; may be repeated, goes before shipped ones",
    )
    parser.add_argument("--details", type=Path, metavar="D.json", help="write what pages show beyond the report here")
    parser.add_argument("--device", default="cpu", help="of the published systems: cpu, cuda, cuda:1, auto ...")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """0 = measured, 3 = refused, 2 = usage."""
    try:
        check_paths(args.video, args.out)
        check_paths(args.video, args.details)
        timeline = read_timeline(args.timeline) if args.timeline else None
        weights = available(args.weights)
        systems = wanted_systems(args.systems, weights)
        face_score = wanted_face_score(args.systems, weights)
        device = wanted_device(args.device) if systems or face_score else "cpu"
    except UsageError as error:
        sys.stderr.write(f"python -m analysis report: {error}\n")
        return USAGE
    mirrored = Mirrored.YES if args.mirrored else Mirrored.UNKNOWN
    asked = Asked(systems, face_score, device)
    report = analyse(args.video, timeline, mirrored, asked, quiet=args.quiet)
    if args.details:
        write(json.dumps(_details(report), allow_nan=False, separators=(",", ":")) + "\n", args.details)
    write(json.dumps(report.to_json(), allow_nan=False, separators=(",", ":")) + "\n", args.out)
    return REFUSED if report.status is ReportStatus.REFUSED else MEASURED


def check_paths(video: Path, out: Path | None) -> None:
    """Raises UsageError when the video cannot be read or the result could not be written."""
    if not video.is_file():
        raise UsageError(f"{video} is not a file" if video.exists() else f"there is no file {video}")
    if not os.access(video, os.R_OK):
        raise UsageError(f"{video} may not be read")
    if out is not None and (out.is_dir() or not os.access(out.absolute().parent, os.W_OK)):
        raise UsageError(f"{out} cannot be written")


def read_timeline(path: Path) -> Timeline:
    """Raises UsageError when the file is not a timeline."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError("it is not a JSON object")
        return Timeline.from_json(data)
    except OSError as error:
        raise UsageError(f"the timeline {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the timeline {path} cannot be used: {error}") from error


def available(cards: list[Path]) -> dict[PublishedSystem, Chosen]:
    """Weights of each system: those whose card is given, else those that came with the program. Raises UsageError."""
    from analysis.weights.chosen import read, shipped
    from analysis.weights.loader import WeightsError

    try:
        given = [read(card) for card in cards]
        return shipped() | {one.system: one for one in given}
    except WeightsError as error:
        raise UsageError(str(error)) from error


def wanted_systems(names: str, weights: Mapping[PublishedSystem, Chosen]) -> list[Wanted]:
    """Systems that are asked for, each with its weights or the reason why it has none. Raises UsageError."""
    from analysis.weights.chosen import Wanted

    chosen = _named(names)
    return [Wanted(system, weights.get(system)) for system in ANSWERING if system in chosen]


def wanted_face_score(names: str, weights: Mapping[PublishedSystem, Chosen]) -> Chosen | None:
    """The Integrated Deep Model's weights where it is named, or its own card is given. Raises UsageError."""
    found = weights.get(PublishedSystem.INTEGRATED)
    is_named = PublishedSystem.INTEGRATED in _named(names)
    if is_named and found is None:
        raise UsageError("integrated is asked for, and there are no weights of it: give its card with --weights")
    return found if found is not None and (is_named or not found.is_shipped) else None


def wanted_device(text: str) -> str:
    """Raises UsageError when a GPU is asked for and there is none."""
    from analysis.devices import device_of

    try:
        return device_of(text)
    except ValueError as error:
        raise UsageError(str(error)) from error


def _named(names: str) -> set[str]:
    groups = {"all": {system.value for system in ANSWERING}, "none": set()}
    chosen = {system for name in names.split(",") for system in groups.get(name, {name})}
    if unknown := chosen - set(PublishedSystem):
        raise UsageError(f"no published system {', '.join(sorted(unknown))}: {', '.join(PublishedSystem)}")
    return chosen


def _details(report: SessionReport) -> dict[str, Any]:
    details = report.details_json()
    details["extras"].pop("keypoints", None)
    return details


def analyse(
    video: Path,
    timeline: Timeline | None,
    mirrored: Mirrored,
    asked: Asked = ALONE,
    *,
    quiet: bool,
) -> SessionReport:
    from analysis.commands.terminal import own_voice, progress_bar
    from analysis.report import analyse as analyse_video

    with own_voice() as voice, progress_bar(quiet, voice) as progress:
        return analyse_video(
            video,
            timeline=timeline,
            mirrored=mirrored,
            systems=asked.systems,
            face_score=asked.face_score,
            device=asked.device,
            progress=progress,
        )


def write(text: str, out: Path | None) -> None:
    """All of it or nothing: a reader of `out` never sees half a report."""
    if out is None:
        sys.stdout.write(text)
        return
    with tempfile.NamedTemporaryFile("w", dir=out.absolute().parent, prefix=f".{out.name}.", delete=False) as file:
        try:
            file.write(text)
            file.flush()
            Path(file.name).chmod(0o666 & ~_umask())
            Path(file.name).replace(out)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
