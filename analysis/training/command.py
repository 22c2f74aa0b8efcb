"""`python -m analysis train SYSTEM --dataset NAME=PATH ... --out FOLDER`: train and test a published system."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from analysis.training import arguments

REFUSED = 2  # exit status: the data sets, the split or the settings were refused


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("train", help="train and test a published system")
    arguments.add_training(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: trained and tested, the report page is written; 2: refused, with the reason."""
    from analysis.training.page import write_run
    from analysis.training.run import logs, read_facts
    from analysis.training.run import run as run_folds

    try:
        system = arguments.system_of(args)
        options, protocol = arguments.options_of(args), arguments.protocol_of(args)
        examples = arguments.examples_of(args, system)
        results = run_folds(system, examples, protocol, args.out, options, resume=args.resume)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    page = write_run(args.out, system.title, read_facts(args.out), system.published, results, logs(args.out))
    for result in results:
        sys.stdout.write(line_of(result.title, result.figures))
    sys.stdout.write(f"{page}\n")
    return 0


def line_of(title: str, figures: Any) -> str:
    parts = []
    for name, figure in figures.items():
        base = "" if figure.baseline is None else f" (baseline {figure.baseline:.3f})"
        parts.append(f"{name} {figure.value:.3f}{base}")
    return f"{title}: {', '.join(parts)}\n"
