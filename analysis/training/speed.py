"""`python -m analysis speed [SYSTEM ...] --device cuda`: the published systems' networks beside a processor."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from analysis.devices import device_of
from analysis.training import arguments
from analysis.training.names import SYSTEM_NAMES

if TYPE_CHECKING:
    from analysis.training.benchmark import Speed
    from analysis.training.examples import Examples
    from analysis.training.systems.base import System

DIFFERENT, REFUSED = 1, 2
_PEOPLE: Final = (1, 3, 10)  # seeds of puppets, one of them healthy: every class that is learnt
_FPS: Final = 10


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "speed",
        help="time the published systems' networks on a device",
        description="Examples a second that each network learns from and answers, on a processor and on a device in "
        "single and in mixed precision, and how far the device's answers are from the processor's. Networks are "
        "untrained, and the faces are synthetic: only time, memory and agreement mean anything.",
        epilog="Exit status: 0, or 1 when answers differ by more than is allowed, 2 when refused.",
    )
    parser.add_argument(
        "systems", nargs="*", metavar="SYSTEM", help=f"of {', '.join(SYSTEM_NAMES)}; all when none given"
    )
    parser.add_argument("--size", choices=("published", "small"), default="published")
    parser.add_argument("--batch", type=int, default=8, help="examples that are learnt from together")
    parser.add_argument("--batches", type=int, default=4, help="that are timed, after one that is not")
    arguments.add_device(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from analysis.training.benchmark import compare, ways_to
    from analysis.training.systems import SYSTEMS

    try:
        device = device_of(args.device)
        if unknown := [name for name in args.systems if name not in SYSTEMS]:
            raise ValueError(f"no system {', '.join(unknown)}: {', '.join(SYSTEM_NAMES)}")
        if args.batch < 2 or args.batches < 1:
            raise ValueError("a batch has at least two examples, and at least one batch is timed")
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    sys.stdout.write(head(device) + "\n")
    found: list[Speed] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in args.systems or SYSTEM_NAMES:
            system = SYSTEMS[name]()
            chosen = system.small() if args.size == "small" else system
            examples = puppets(chosen, Path(folder), quiet=args.quiet)
            for one in compare(chosen, examples, ways_to(device), batch=args.batch, batches=args.batches):
                found.append(one)
                sys.stdout.write(line(one, next(other for other in found if other.network == one.network)) + "\n")
                sys.stdout.flush()
    return 0 if all(one.is_same for one in found) else DIFFERENT


def puppets(system: System, folder: Path, *, quiet: bool) -> Examples:
    """Examples of puppets, which are made in `folder` where they are not there yet."""
    from analysis.synthetic.command import random_patient
    from analysis.synthetic.render import render_session
    from analysis.training import datasets
    from analysis.training.prepare import prepare

    made = folder / "puppets"
    if not made.is_dir():
        for seed in _PEOPLE:
            render_session(random_patient(seed), made, fps=_FPS)
    return prepare(datasets.read([f"synthetic={made}"]), system, folder / "cache", quiet=quiet)


def head(device: str) -> str:
    import torch

    where = f"a processor ({torch.get_num_threads()} threads)"
    if device.startswith("cuda"):
        return f"{torch.cuda.get_device_name(device)} against {where}"
    return f"{where} alone: there is no GPU that torch can use, or none was asked for"


def line(found: Speed, first: Speed) -> str:
    """One network, one way, with how many times as fast as the first way it is."""
    precision = str(found.way.kept_in).removeprefix("torch.")
    learns, answers = found.learnt_per_s / first.learnt_per_s, found.answered_per_s / first.answered_per_s
    memory = "" if found.memory_mib is None else f"  {found.memory_mib:7.0f} MiB"
    verdict = "" if found.is_same else "  DIFFERS"
    return (
        f"{found.network:22s} {found.way.device!s:6s} {precision:8s}  learns {found.learnt_per_s:9.2f}/s "
        f"(x{learns:.1f})  answers {found.answered_per_s:9.2f}/s (x{answers:.1f})  "
        f"away {found.away:.1e} (at most {found.allowed:.0e}){memory}{verdict}"
    )
