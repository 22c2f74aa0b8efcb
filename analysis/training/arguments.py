"""Arguments that training, ablation and evaluation share, and what they mean."""

from __future__ import annotations

import argparse
import ast
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.devices import device_of
from analysis.training.names import DATASET_NAMES, PROTOCOL_NAMES, SYSTEM_NAMES

if TYPE_CHECKING:
    from analysis.training.examples import Examples
    from analysis.training.loop import Options
    from analysis.training.run import Protocol
    from analysis.training.systems.base import System


def add_system(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("system", choices=SYSTEM_NAMES, metavar="SYSTEM", help=", ".join(SYSTEM_NAMES))


def add_datasets(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "--dataset",
        action="append",
        required=required,
        default=[],
        metavar="NAME=PATH",
        help=f"a data set and its folder, may be repeated; NAME is one of {', '.join(DATASET_NAMES)}",
    )
    parser.add_argument("--cache", type=Path, default=Path("var/training"), help="where prepared pictures are kept")


def add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", help="auto (a GPU when there is one), cpu, cuda, cuda:1 ...")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")


def add_training(parser: argparse.ArgumentParser) -> None:
    add_system(parser)
    add_datasets(parser, required=True)
    parser.add_argument("--protocol", choices=PROTOCOL_NAMES, default="kfold")
    parser.add_argument("--folds", type=int, default=5, help="of kfold")
    parser.add_argument("--most-folds", type=int, help="train only so many of the folds")
    parser.add_argument(
        "--as-in-the-paper",
        action="store_true",
        help="dem only: split by frame, which tests on faces that were learnt; never for a figure to rely on",
    )
    parser.add_argument("--size", choices=("published", "small"), default="published")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change one setting")
    parser.add_argument("--epochs", type=int, help="instead of the published number")
    parser.add_argument("--batch", type=int, help="instead of the published number")
    parser.add_argument("--patience", type=int, default=10, help="epochs without improvement; 0: train to the end")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full-precision", action="store_true", help="no mixed precision on a GPU")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--resume", action="store_true", help="go on with the run in that folder")
    add_device(parser)


def options_of(args: argparse.Namespace) -> Options:
    from analysis.training.loop import Options

    return Options(
        device=device_of(args.device),
        seed=args.seed,
        epochs=args.epochs,
        batch=args.batch,
        patience=args.patience,
        mixed_precision=not args.full_precision,
        quiet=args.quiet,
    )


def protocol_of(args: argparse.Namespace) -> Protocol:
    """Raises ValueError when a split by frame is asked for a system whose paper did not use one."""
    from analysis.training.run import Protocol

    if args.as_in_the_paper and args.system != "dem":
        raise ValueError("only the Difference Ensemble Method's paper split by frame")
    return Protocol(args.protocol, args.folds, args.most_folds, by_frame=args.as_in_the_paper)


def system_of(args: argparse.Namespace) -> System:
    """Raises ValueError for a setting that the system does not have."""
    from analysis.training.systems import SYSTEMS

    system = SYSTEMS[args.system]()
    if args.size == "small":
        system = system.small()
    return changed(system, args.set)


def changed(system: System, settings: list[str]) -> System:
    """`learning_rate=0.01` changes the system, `cfg.width=16` its network. Raises ValueError for an unknown name."""
    for text in settings:
        name, separator, value = text.partition("=")
        if not separator:
            raise ValueError(f"a setting is NAME=VALUE, not {text!r}")
        inner = name.removeprefix("cfg.")
        owner: Any = system if inner == name else system.cfg  # type: ignore[attr-defined]  # every system has one
        if inner not in {f.name for f in dataclasses.fields(owner)}:
            raise ValueError(f"{system.name} has no setting {name!r}")
        new = dataclasses.replace(owner, **{inner: _read(value, getattr(owner, inner))})
        system = new if inner == name else dataclasses.replace(system, cfg=new)  # type: ignore[type-var]
    return system


def _read(text: str, before: Any) -> Any:
    """A value of the same type as the one before. Raises ValueError for another."""
    if isinstance(before, str):
        return type(before)(text)
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"not a value: {text!r}") from error
    if isinstance(before, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if isinstance(before, tuple) and isinstance(value, tuple) and before and isinstance(before[0], str):
        value = tuple(type(before[0])(v) for v in value)
    if type(value) is not type(before):
        raise ValueError(f"{text!r} is not like {before!r}")
    return value


def examples_of(args: argparse.Namespace, system: System) -> Examples:
    """Raises DatasetError and ValueError in words for the person at the keyboard."""
    from analysis.training import datasets
    from analysis.training.prepare import prepare

    return prepare(datasets.read(args.dataset), system, args.cache, quiet=args.quiet)
