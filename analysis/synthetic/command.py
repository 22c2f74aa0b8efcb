"""`python -m analysis puppet`: synthetic patients' videos with their truth."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis.contracts import AffectedSide, SynkinesisKind
from analysis.synthetic.patient import PatientSpec, Resting, Synkinesis, Weakness


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "puppet",
        help="make synthetic videos with known truth",
        description="Animate a public-domain portrait as fictional patients: mp4 and truth (json) for each video.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the videos")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--patients", type=int, metavar="N", help="N patients drawn at random (default 4)")
    what.add_argument("--cohort", action="store_true", help="every session of the fictional demo cohort")
    what.add_argument("--spec", type=Path, metavar="FILE", help="one specification, or a list of them, as JSON")
    parser.add_argument("--seed", type=int, default=1, help="of the random patients (default 1)")
    parser.add_argument("--seconds", type=float, help="about how long each video shall be (default 14-17)")
    parser.add_argument("--size", type=size_of, default=(640, 480), metavar="WxH", help="pixels (default 640x480)")
    parser.add_argument("--fps", type=int, default=25, help="frames per second (default 25)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Make the videos; 0 = made, 2 = usage."""
    from analysis.synthetic.render import render_session

    try:
        specs = _specs(args)
        for i, spec in enumerate(specs):
            bar = None if args.quiet else _bar(f"{i + 1}/{len(specs)} {spec.video_id}")
            render_session(_lasting(spec, args.seconds, args.fps), args.out, size=args.size, fps=args.fps, progress=bar)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"puppet: {error}\n")
        return 2
    if not args.quiet:
        sys.stderr.write(f"{len(specs)} synthetic videos with truth in {args.out}\n")
    return 0


def random_patient(seed: int) -> PatientSpec:
    """A fictional patient of any severity; one in five is healthy."""
    rng = np.random.default_rng([17, seed])
    side = AffectedSide(rng.choice(["left", "right", "left", "right", "none"]))
    gains = tuple(float(g) for g in np.round(rng.uniform(0.93, 1.0, 2), 3))
    spec = PatientSpec(
        video_id=f"puppet-{seed:04d}",
        subject_id=f"synthetic-{seed:04d}",
        identity=seed,
        seed=seed,
        side_gain=(gains[0], gains[1]),
    )
    if side is AffectedSide.NONE:
        return spec
    brow, eye, mouth = (float(round(w, 2)) for w in np.clip(rng.uniform(0.1, 1) + rng.normal(0, 0.15, 3), 0, 1))
    droop = [float(round(w, 2)) for w in np.clip(mouth * rng.uniform(0, 0.9, 3), 0, 1)]
    kinds = [k for k in (SynkinesisKind.ORAL_OCULAR, SynkinesisKind.OCULAR_ORAL) if rng.random() < 0.3]
    return replace(
        spec,
        affected_side=side,
        weakness=Weakness(brow, eye, mouth),
        resting=Resting(*droop),
        synkinesis=tuple(Synkinesis(k, float(round(rng.uniform(0.25, 0.8), 2))) for k in kinds),
    )


def _specs(args: argparse.Namespace) -> list[PatientSpec]:
    if args.cohort:
        from analysis.synthetic.cohort import cohort

        return [session.spec for patient in cohort() for session in patient.sessions]
    if args.spec is not None:
        given = json.loads(args.spec.read_text())
        return [PatientSpec.from_json(s) for s in (given if isinstance(given, list) else [given])]
    return [random_patient(args.seed * 1000 + i) for i in range(4 if args.patients is None else args.patients)]


def _lasting(spec: PatientSpec, seconds: float | None, fps: int) -> PatientSpec:
    """The spec paced so that its session lasts about so many seconds."""
    if seconds is None:
        return spec
    from analysis.synthetic.protocol import perform

    if seconds <= 0:
        raise ValueError("--seconds must be more than 0")
    return replace(spec, pace=spec.pace * seconds / float(perform(spec, fps).acts[-1].end_s))


def size_of(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT of the command line."""
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not WIDTHxHEIGHT: {text}") from error
    return width, height


def _bar(label: str) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        if sys.stderr.isatty() and (done % 5 == 0 or done == total):
            filled = 30 * done // total
            end = "\n" if done == total else ""
            sys.stderr.write(f"\r{label:<28} [{'#' * filled}{'.' * (30 - filled)}] {done}/{total} frames{end}")
            sys.stderr.flush()

    return show
