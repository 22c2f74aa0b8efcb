"""The data sets that can be read, by the name that the command line knows them by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from analysis.training.datasets import ck_plus, clinic, disfa, meei, synthetic, yfp
from analysis.training.recording import DatasetError, Recording

READERS: Final[dict[str, Callable[[Path], list[Recording]]]] = {
    "CK+": ck_plus.read,
    "DISFA": disfa.read_disfa,
    "DISFA+": disfa.read_disfa_plus,
    "YFP": yfp.read,
    "MEEI": meei.read,
    "clinic": clinic.read,
    "synthetic": synthetic.read,
}


def read(stated: Sequence[str]) -> list[Recording]:
    """The recordings of every NAME=PATH. Raises DatasetError, in words for the person who typed it."""
    found: list[Recording] = []
    for text in stated:
        name, separator, path = text.partition("=")
        if not separator or name not in READERS:
            raise DatasetError(f"a data set is NAME=PATH with NAME one of {', '.join(READERS)}, not {text!r}")
        if not Path(path).is_dir():
            raise DatasetError(f"no folder for {name}: {path}")
        recordings = READERS[name](Path(path))
        if not recordings:
            raise DatasetError(f"nothing of {name} was found in {path}")
        found += recordings
    return found
