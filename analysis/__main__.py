"""The command line of the analysis: `python -m analysis COMMAND ...`. A command is loaded when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

from analysis.training.names import SYSTEM_NAMES

USAGE_ERROR: Final = 2


class Command(NamedTuple):
    """A module with `add_parser(subparsers)`, and `run(args) -> exit status` set as the parser's default."""

    module: str
    help: str


COMMANDS: Final = {
    "report": Command("analysis.commands.report", "measure one video"),
    "bench": Command("analysis.commands.bench", "compare speeds on this machine"),
    "speed": Command("analysis.training.speed", "time the published systems' networks on a device"),
    "puppet": Command("analysis.synthetic.command", "make synthetic videos with known truth"),
    "rendered": Command("analysis.synthetic.rendered.command", "render synthetic subjects with known truth"),
    "evaluate": Command("analysis.evaluation.command", "compare reports with the truth; or judge a trained system"),
    "train": Command("analysis.training.command", "train and test a published system"),
    "export": Command("analysis.training.export", "make weights and their card from a training run"),
    "ablate": Command("analysis.training.ablate", "train the variants of one of a paper's tables"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    # Threads that wait by spinning make everything beside them several times slower; read when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    parser = argparse.ArgumentParser(prog="python -m analysis", description="Seventh's measurements, for research use.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = next((a for a in arguments if not a.startswith("-")), None)
    for name, command in COMMANDS.items():
        if name == asked:
            importlib.import_module(_module(name, arguments)).add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=command.help)
    args = parser.parse_args(arguments)
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        return 130


def _module(name: str, arguments: Sequence[str]) -> str:
    """`evaluate FOLDER` is about videos with known truth, `evaluate SYSTEM RUN` about a trained system."""
    if name == "evaluate" and any(a in SYSTEM_NAMES for a in arguments[1:2]):
        return "analysis.training.evaluate"
    return COMMANDS[name].module


if __name__ == "__main__":
    sys.exit(main())
