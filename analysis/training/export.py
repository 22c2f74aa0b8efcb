"""`python -m analysis export SYSTEM RUN ...`: a trained fold becomes a file of weights and its card."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from analysis.training.names import SYSTEM_NAMES

if TYPE_CHECKING:
    from torch import Tensor

    from analysis.contracts import PublishedSystem

REFUSED: Final = 2
_USE: Final = "Research and decision support beside the landmark measurements; a clinician's grade is the record."
_NOT_FOR: Final = "Diagnosis, treatment decisions, or any use without a clinician."


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("export", help="make weights and their card from a training run")
    parser.add_argument("system", choices=SYSTEM_NAMES, metavar="SYSTEM", help=", ".join(SYSTEM_NAMES))
    parser.add_argument("folder", type=Path, metavar="RUN", help="folder of a training run")
    parser.add_argument("--fold", help="whose networks are taken; the first when not given")
    parser.add_argument("--id", required=True, help="name of the weights, also of the two files")
    parser.add_argument("--out", type=Path, required=True, help="folder for the two files")
    parser.add_argument("--licences", required=True, help="of the training data, e.g. 'DISFA+: research agreement'")
    parser.add_argument("--weights-licence", required=True, help="under which the weights may be used")
    parser.add_argument("--url", default="not published")
    parser.add_argument("--half", action="store_true", help="half precision: half the size")
    parser.add_argument("--only", action="append", default=[], metavar="NETWORK", help="leave the run's others out")
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="NAME=FOLDER",
        help="state the figures that `evaluate --out FOLDER` wrote, too, under this name; may be repeated",
    )
    parser.set_defaults(run=run_export)


def run_export(args: argparse.Namespace) -> int:
    """0: written, loaded back, and small enough where it is to ship; 2: refused, with the reason."""
    from analysis.training.run import RunError
    from analysis.weights import published, shipping
    from analysis.weights.chosen import SHIPPED, read
    from analysis.weights.loader import WeightsError

    try:
        card = export(
            args.folder,
            args.fold,
            args.out,
            {
                "id": args.id,
                "url": args.url,
                "licences": args.licences,
                "weights_licence": args.weights_licence,
            },
            half=args.half,
            system=args.system,
            only=args.only,
            also=dict(_named(text) for text in args.also),
        )
        published.load(read(card))
        wrong = shipping.problems() if args.out.resolve() == SHIPPED else []
    except (RunError, WeightsError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    sys.stdout.write(f"{card}\n")
    sys.stderr.writelines(f"this cannot ship: {problem}\n" for problem in wrong)
    return REFUSED if wrong else 0


def export(
    folder: Path,
    fold: str | None,
    out: Path,
    stated: Mapping[str, str],
    *,
    half: bool = False,
    system: str | None = None,
    only: Sequence[str] = (),
    also: Mapping[str, Path] | None = None,
) -> Path:
    """Write `<id>.safetensors` and `<id>.toml`; returns the card's path. `only`: the networks to take, all when empty.

    Figures on the card are those of the whole run, whose folds tested other people than they learnt from, and those
    in the folders of `also`, under their names; of networks that are left out there are none. Raises RunError, OSError
    or ValueError when the run is not finished or of another system.
    """
    from analysis.training.evaluate import _fold
    from analysis.training.run import read_facts

    facts = read_facts(folder)
    if system not in (None, facts["system"]):
        raise ValueError(f"the run trained {facts['system']}, not {system}")
    chosen = _fold(folder, fold)
    metrics = _metrics(folder)
    for name, other in (also or {}).items():
        metrics |= {f"{title}, {name}": figures for title, figures in _metrics(other).items()}
    people = json.loads((chosen / "people.json").read_text(encoding="utf-8"))
    tensors = _tensors(chosen, facts["system"], only)
    left_out = _titles_left_out(facts["system"], only)
    metrics = {title: figures for title, figures in metrics.items() if not title.startswith(left_out)}
    return write(out, stated, facts, tensors, metrics, len(people["learnt"]), half=half)


def write(
    out: Path,
    stated: Mapping[str, str],
    facts: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    metrics: Mapping[str, Any],
    learnt_people: int,
    *,
    half: bool = False,
) -> Path:
    """Tensors and card under the id in `stated`."""
    from safetensors.torch import save

    from analysis.contracts import PublishedSystem
    from analysis.weights import toml

    raw = save(
        {name: (value.half() if half and value.is_floating_point() else value) for name, value in tensors.items()}
    )
    card = {
        "id": stated["id"],
        "url": stated["url"],
        "sha256": hashlib.sha256(raw).hexdigest(),
        "bytes": len(raw),
        "preprocess": _preprocess(PublishedSystem(facts["system"])),
        "parameters": sum(value.numel() for value in tensors.values()),
        "code_licence": "as the project",
        "weights_licence": stated["weights_licence"],
        "intended_use": _USE,
        "not_for": _NOT_FOR,
        "config": _config(facts),
        "training": {
            "data": ", ".join(facts["datasets"]),
            "word": training_word(facts["datasets"]),
            "licences": stated["licences"],
            "split": facts["protocol"],
            "people": learnt_people,
            "commit": facts.get("code", "unknown"),
            "seed": facts["seed"],
        },
        "metrics": metrics,
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{stated['id']}.safetensors").write_bytes(raw)
    path = out / f"{stated['id']}.toml"
    path.write_text(toml.dumps(card), encoding="utf-8")
    return path


def training_word(datasets: list[str]) -> str:
    """One word: where the training data came from."""
    return "+".join(name.rstrip("+") + ("plus" if name.endswith("+") else "") for name in sorted(datasets))


def _config(facts: Mapping[str, Any]) -> dict[str, Any]:
    configuration = facts["configuration"]
    config = {"system": facts["system"], "cfg": configuration["cfg"]}
    return config | ({"model": configuration["model"]} if "model" in configuration else {})


def _preprocess(system: PublishedSystem) -> str:
    from analysis.weights.published import PREPROCESS

    return PREPROCESS[system]


def _tensors(fold: Path, system: str, only: Sequence[str]) -> dict[str, Tensor]:
    """`<network>.<tensor>` -> values. Of the Integrated Deep Model its last stage, which holds both of its networks.

    Networks that only gave others a first lesson stay behind.
    Raises ValueError for a network in `only` that the run does not have.
    """
    from safetensors.torch import load_file

    from analysis.contracts import PublishedSystem
    from analysis.weights.published import NETWORKS

    if system == "integrated":
        found: dict[str, Tensor] = load_file(fold / "joint.safetensors")
    else:
        needed, possible = NETWORKS[PublishedSystem(system)]
        files = [path for path in sorted(fold.glob("*.safetensors")) if path.stem in (*needed, *possible)]
        found = {f"{path.stem}.{name}": value for path in files for name, value in load_file(path).items()}
    networks = {name.partition(".")[0] for name in found}
    if unknown := set(only) - networks:
        raise ValueError(f"the run has no network {', '.join(sorted(unknown))}: {', '.join(sorted(networks))}")
    return {name: value for name, value in found.items() if not only or name.partition(".")[0] in only}


def _titles_left_out(system: str, only: Sequence[str]) -> tuple[str, ...]:
    from analysis.training.systems import SYSTEMS

    return tuple(title for network, title in SYSTEMS[system].titles.items() if only and network not in only)


def _named(text: str) -> tuple[str, Path]:
    """Raises ValueError unless the text is NAME=FOLDER."""
    name, separator, folder = text.partition("=")
    if not separator or not name or not folder:
        raise ValueError(f"--also takes NAME=FOLDER, not {text!r}")
    return name, Path(folder)


def _metrics(folder: Path) -> dict[str, Any]:
    """Title -> figures with their intervals, baseline and numbers, as a run or `evaluate` left them."""
    results: list[dict[str, Any]] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return {
        result["title"]: {
            "examples": result["examples"],
            "people": result["people"],
            **{
                name: {k: round(v, 4) for k, v in figure.items() if v is not None}
                for name, figure in result["figures"].items()
            },
        }
        for result in results
    }
