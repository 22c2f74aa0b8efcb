"""`python -m analysis bench`: the pipeline's speed on this machine."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final

LEAST_RATIO: Final = 10.0
TOO_SLOW, REFUSED = 1, 3


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "bench",
        help="compare speeds on this machine",
        description="Frames per second of the pipeline (decoding, detection, landmarks) against the plain way, "
        "MediaPipe's own tracking loop and decoding alone, one after the other in one run.",
        epilog=f"Exit status: 0, or 1 when the pipeline is not {LEAST_RATIO:.0f} times as fast as the plain way.",
    )
    parser.add_argument("video", type=Path, nargs="?", metavar="VIDEO", help="default: 10 s of a portrait, 640x480")
    parser.set_defaults(run=run)
    return parser


def run(args: argparse.Namespace) -> int:
    from analysis import benchmark
    from analysis.commands.terminal import own_voice
    from analysis.video.problems import VideoRefused

    with tempfile.TemporaryDirectory() as folder:
        video = args.video or Path(folder) / "portrait.mp4"
        try:
            with own_voice():
                if args.video is None:
                    benchmark.write_sample(video)
                speeds = benchmark.compare(video)
        except VideoRefused as refused:
            sys.stderr.write(f"python -m analysis bench: {refused.problem.message}\n")
            return REFUSED
        except OSError as error:
            sys.stderr.write(f"python -m analysis bench: {video}: {error.strerror}\n")
            return 2
    for speed in speeds:
        line = f"{speed.name:9s} {speed.fps:8.1f} frames/s  {speed.frames:5d} frames  {benchmark.MEANING[speed.name]}"
        sys.stdout.write(line + "\n")
    times = benchmark.ratio(speeds)
    sys.stdout.write(
        f"the pipeline is {times:.1f} times as fast as the plain way (at least {LEAST_RATIO:.0f} wanted)\n"
    )
    return 0 if times >= LEAST_RATIO else TOO_SLOW
