"""What the classifying systems have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from analysis.training import metrics
from analysis.training.examples import Examples
from analysis.training.protocols import Labels, Rows
from analysis.training.results import Result, of_classes
from analysis.training.stage import Pace, Stage, evenly_drawn
from analysis.training.systems.base import Predictions, in_parts

Logits = Callable[[nn.Module, Examples, Rows, torch.device], Tensor]


class ClassStage(Stage):
    """A classifier of one target; scored by macro F1."""

    def __init__(self, name: str, pace: Pace, examples: Examples, target: str, classes: int, logits: Logits) -> None:
        super().__init__(name, pace, examples)
        self.target, self.classes, self.logits = target, classes, logits

    def usable(self, rows: Rows) -> Rows:
        return rows[self.examples.classes(self.target, rows) >= 0]

    def teaches(self, rows: Rows) -> bool:
        """At least two classes."""
        return len(set(self.examples.classes(self.target, self.usable(rows)).tolist())) > 1

    def labels(self, rows: Rows, device: torch.device) -> Tensor:
        return torch.from_numpy(self.examples.classes(self.target, rows)).to(device)

    def score(self, network: nn.Module, rows: Rows, device: torch.device) -> float:
        predicted = [
            self.logits(network, self.examples, part, device).argmax(dim=1).cpu().numpy() for part in in_parts(rows)
        ]
        truth = self.examples.classes(self.target, rows)
        return metrics.macro_f1(metrics.confusion(truth, np.concatenate(predicted), self.classes))


class EvenClassStage(ClassStage):
    """Every class is drawn as often as any other."""

    def batches(self, rows: Rows, size: int, generator: torch.Generator) -> Iterator[Rows]:
        return evenly_drawn(rows, torch.from_numpy(self.examples.classes(self.target, rows)), size, generator)


def all_logits(
    network: nn.Module, examples: Examples, rows: Rows, device: torch.device, logits: Logits
) -> npt.NDArray[np.float32]:
    """(len(rows), classes)."""
    parts = [logits(network, examples, part, device).float().cpu().numpy() for part in in_parts(rows)]
    found: npt.NDArray[np.float32] = np.concatenate(parts)
    return found


def judged(
    title: str,
    target: str,
    classes: Sequence[str],
    predictions: Predictions,
    learnt: Sequence[Predictions],
    *,
    ordinal: bool,
) -> Result | None:
    """The result of one target over all folds; None when it was not learnt or nothing tested has it."""
    if f"{target}.logits" not in predictions:
        return None
    truth: Labels = predictions[f"{target}.truth"]
    known = truth >= 0
    if not known.any():
        return None
    usual = np.array([majority(lesson[target]) for lesson in learnt])
    return of_classes(
        title,
        classes,
        truth[known],
        predictions[f"{target}.logits"][known].argmax(axis=1),
        usual[predictions["fold"][known]],
        predictions["person"][known].tolist(),
        ordinal=ordinal,
    )


def majority(classes: Labels) -> int:
    """The most frequent known class, 0 when none is known."""
    known = classes[classes >= 0]
    return int(np.bincount(known).argmax()) if len(known) else 0
