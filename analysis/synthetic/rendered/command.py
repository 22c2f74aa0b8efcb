"""`python -m analysis rendered`: training sets of rendered subjects with their truth."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from analysis.commands.terminal import own_voice
from analysis.synthetic.command import size_of
from analysis.synthetic.patient import PatientSpec
from analysis.synthetic.render import check_size
from analysis.synthetic.rendered.subject import CONDITION, FRAME_RATES, Job, subject


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "rendered",
        help="render synthetic subjects with known truth, for training",
        description="Render subjects on the ICT-FaceKit face model: mp4, truth (json) and landmarks (npz) for each. "
        "The model is a separate download: https://github.com/USC-ICT/ICT-FaceKit, folder FaceXModel.",
    )
    parser.add_argument("--model", type=Path, required=True, metavar="DIR", help="folder of the face model")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the videos")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--subjects", type=_positive, metavar="N", help="N subjects drawn at random (default 10)")
    what.add_argument("--spec", type=Path, metavar="FILE", help="one specification, or a list of them, as JSON")
    parser.add_argument("--seed", type=int, default=1, help="of the random subjects (default 1)")
    parser.add_argument("--size", type=size_of, default=(640, 480), metavar="WxH", help="pixels (default 640x480)")
    parser.add_argument("--fps", type=_positive, help="frames per second (default 25 and 30 in turn)")
    parser.add_argument("--processes", type=_positive, metavar="P", help="at once (default: one a core)")
    parser.add_argument("--resume", action="store_true", help="go on with a set; finished videos stay as they are")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Make the videos; 0 = made, 2 = usage, or something is missing on this machine."""
    with own_voice() as voice:
        try:
            made, there = _made(args, voice)
        except Exception as error:
            if not _expected(error):
                raise
            voice.write(f"rendered: {error}\n")
            return 2
        if not args.quiet:
            voice.write(f"{made} synthetic videos with truth made in {args.out}, {there} were there already\n")
    return 0


def jobs_of(args: argparse.Namespace) -> list[Job]:
    """What is asked for. Raises OSError or ValueError on a file that holds no specifications."""
    check_size(args.size)
    if args.spec is None:
        specs = [subject(number, args.seed) for number in range(args.subjects or 10)]
    else:
        given = json.loads(args.spec.read_text(encoding="utf-8"))
        read = [PatientSpec.from_json(one) for one in (given if isinstance(given, list) else [given])]
        specs = [replace(spec, condition=CONDITION) for spec in read]
    rates = FRAME_RATES if args.fps is None else (args.fps,)
    return [Job(spec, args.size, rates[i % len(rates)]) for i, spec in enumerate(specs)]


def _made(args: argparse.Namespace, voice: TextIO) -> tuple[int, int]:
    """How many videos were made, and how many were there."""
    from analysis.synthetic.rendered.batch import frames_of, make, unfinished

    jobs = jobs_of(args)
    todo = unfinished(jobs, args.out, resume=args.resume)
    if todo:
        args.out.mkdir(parents=True, exist_ok=True)
        with _bar(voice, frames_of(todo), len(todo), quiet=args.quiet) as progress:
            make(todo, args.out, args.model, args.processes or os.cpu_count() or 1, progress)
    return len(todo), len(jobs) - len(todo)


def _expected(error: Exception) -> bool:
    from analysis.synthetic.rendered.batch import NotMade
    from analysis.synthetic.rendered.files import NoFaceModel
    from analysis.synthetic.rendered.program import NoGraphics

    return isinstance(error, OSError | ValueError | NoFaceModel | NoGraphics | NotMade)


@contextmanager
def _bar(voice: TextIO, frames: int, videos: int, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A callback for (frames, videos) done: a bar on a terminal, nothing elsewhere."""
    if quiet or not voice.isatty():
        yield lambda _frames, _videos: None
        return
    from tqdm import tqdm

    with tqdm(total=frames, unit="frame", file=voice, desc=f"0/{videos} videos", dynamic_ncols=True) as bar:

        def tell(frames_done: int, videos_done: int) -> None:
            bar.set_description_str(f"{videos_done}/{videos} videos", refresh=False)
            bar.update(frames_done - bar.n)

        yield tell


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
