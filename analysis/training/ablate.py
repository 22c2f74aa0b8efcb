"""`python -m analysis ablate SYSTEM TABLE --dataset NAME=PATH ... --out FOLDER`: one of a paper's comparison tables."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any

from analysis.evaluation.page import README
from analysis.training import arguments
from analysis.training.command import REFUSED, line_of


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("ablate", help="train the variants of one of a paper's tables")
    arguments.add_training(parser)
    parser.add_argument("--table", required=True, help="frames, loss; backbones, levels; models, joining; modalities")
    parser.add_argument("--readme", action="store_true", help="write the table into the package's README.md")
    parser.add_argument("--only", action="append", default=[], metavar="VARIANT", help="of the table; may be repeated")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0: all variants trained and tested, the page is written; 2: refused, with the reason."""
    from analysis.training.page import write_ablation
    from analysis.training.readme import expect_place, put
    from analysis.training.run import facts
    from analysis.training.run import run as run_folds

    try:
        system = arguments.system_of(args)
        options, protocol = arguments.options_of(args), arguments.protocol_of(args)
        variants = chosen(system.variants(args.table), args.only)
        if args.readme:
            expect_place(README, system, args.table)
        found = {}
        for name, variant in variants.items():
            examples = arguments.examples_of(args, variant)
            folder = args.out / re.sub(r"[^A-Za-z0-9.-]+", "-", name)
            found[name] = run_folds(variant, examples, protocol, folder, options, resume=args.resume)
            for result in found[name]:
                sys.stdout.write(f"{name}: {line_of(result.title, result.figures)}")
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    stated = {**facts(system, examples, protocol, options), "table": args.table}
    page = write_ablation(args.out, f"{system.title}: {args.table}", stated, system.published, found)
    if args.readme:
        put(README, system, args.table, stated, found)
    sys.stdout.write(f"{page}\n")
    return 0


def chosen(variants: dict[str, Any], only: list[str]) -> dict[str, Any]:
    """Raises ValueError for a variant that the table does not have."""
    if unknown := [name for name in only if name not in variants]:
        raise ValueError(f"no variant {', '.join(unknown)}; the table has {', '.join(variants)}")
    return {name: variant for name, variant in variants.items() if not only or name in only}
