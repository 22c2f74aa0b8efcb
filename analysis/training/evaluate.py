"""`python -m analysis evaluate SYSTEM RUN [--dataset NAME=PATH ...]`: judge a run again, or on other people."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.devices import device_of
from analysis.training import arguments
from analysis.training.command import REFUSED, line_of

if TYPE_CHECKING:
    from torch import nn

    from analysis.training.examples import Examples
    from analysis.training.results import Result
    from analysis.training.systems.base import System


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("evaluate", help="judge a trained system, also on other data")
    arguments.add_system(parser)
    parser.add_argument("folder", type=Path, metavar="RUN", help="folder of a training run")
    parser.add_argument("--fold", help="whose networks are tested on the data sets; the first when not given")
    parser.add_argument("--size", choices=("published", "small"), default="published")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--out", type=Path, help="folder for the figures on the data sets; RUN/other when not given")
    arguments.add_datasets(parser, required=False)
    arguments.add_device(parser)
    parser.set_defaults(run=run_evaluate_system)


def run_evaluate_system(args: argparse.Namespace) -> int:
    """0: judged, the report page is written; 2: refused, with the reason."""
    from analysis.training.page import write_run
    from analysis.training.run import judge, logs, read_facts

    try:
        system = arguments.system_of(args)
        stated = read_facts(args.folder)
        _same_system(system, stated)
        out, of_learning = args.folder, logs(args.folder)
        if args.dataset:
            out, of_learning = args.out or args.folder / "other", {}
            results, facts = _on_others(system, args, out)
            stated = {**stated, **facts}
        else:
            results = judge(system, args.folder)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    page = write_run(out, system.title, stated, system.published, results, of_learning)
    for result in results:
        sys.stdout.write(line_of(result.title, result.figures))
    sys.stdout.write(f"{page}\n")
    return 0


def _same_system(system: System, stated: dict[str, Any]) -> None:
    """Raises ValueError when the run trained another system, or the same one in another size."""
    now = json.loads(json.dumps(dataclasses.asdict(system), default=str))  # type: ignore[call-overload]
    if stated["system"] != system.name or stated["configuration"]["cfg"] != now["cfg"]:
        raise ValueError("the run trained another system or size: give the --size and --set that it was trained with")


def _on_others(system: System, args: argparse.Namespace, out: Path) -> tuple[list[Result], dict[str, Any]]:
    """Test one fold's networks on people that it did not learn from. Raises ValueError when it did."""
    from analysis.training import run as runs

    fold = _fold(args.folder, args.fold)
    examples = arguments.examples_of(args, system)
    people = json.loads((fold / "people.json").read_text(encoding="utf-8"))
    refuse_known(people, examples)
    target = out / "others"
    target.mkdir(parents=True, exist_ok=True)
    networks = load_networks(system, examples, fold)
    runs.test(system, networks, examples, target, device=device_of(args.device), lesson_of=fold)
    facts = {
        "protocol": f"networks of {fold.name}, tested on other people",
        "datasets": sorted({shard.dataset for shard in examples.shards}),
        "people": len({shard.person for shard in examples.shards}),
        "examples": len(examples),
    }
    return runs.judge(system, out), facts


def refuse_known(people: dict[str, list[str]], examples: Examples) -> None:
    """Raises ValueError when the examples show a person, or a data set's people, that the networks learnt from."""
    shown = {shard.person for shard in examples.shards}
    if known := sorted(shown & set(people["learnt"])):
        raise ValueError(f"learnt from and therefore no test: {', '.join(known[:3])}")
    sources = {shard.dataset for shard in examples.shards}
    if {"DISFA", "DISFA+"} <= sources | set(people["datasets"]):
        raise ValueError("DISFA and DISFA+ show the same people: neither is a test of the other")


def load_networks(system: System, examples: Examples, fold: Path) -> dict[str, nn.Module]:
    """The trained networks of a fold, strictly by name and shape. Raises ValueError when a file does not fit."""
    import numpy as np
    from safetensors.torch import load_file

    networks: dict[str, nn.Module] = {}
    for name in system.stage_names:
        path = fold / f"{name}.safetensors"
        if not path.is_file():
            continue
        stage = system.stage(name, examples, np.arange(len(examples)), networks)
        network = stage.export(stage.build())
        try:
            network.load_state_dict(load_file(path))
        except RuntimeError as error:
            raise ValueError(f"{path} does not fit {system.name} of this size") from error
        networks[name] = network.eval()
    if not networks:
        raise ValueError(f"no trained network in {fold}")
    return networks


def _fold(folder: Path, name: str | None) -> Path:
    found = sorted(p.parent for p in folder.glob("*/people.json") if (p.parent / "predictions.npz").is_file())
    if name is not None:
        found = [p for p in found if p.name == name]
    if not found:
        raise ValueError(f"no finished fold {name or ''} in {folder}")
    return found[0]
