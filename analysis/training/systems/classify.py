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

    def outputs(self, network: nn.Module, rows: Rows, device: torch.device) -> Tensor:
        return self.logits(self.export(network), self.examples, rows, device)

    def score(self, network: nn.Module, rows: Rows, device: torch.device) -> float:
        predicted = [self.outputs(network, part, device).argmax(dim=1).cpu().numpy() for part in in_parts(rows)]
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
    known = np.flatnonzero(predictions[f"{target}.truth"] >= 0)
    answers = predictions[f"{target}.logits"][known].argmax(axis=1)
    return _beside_majority(title, target, classes, predictions, learnt, known, answers, ordinal=ordinal)


def judged_by_recording(
    title: str,
    target: str,
    classes: Sequence[str],
    predictions: Predictions,
    learnt: Sequence[Predictions],
    *,
    ordinal: bool,
) -> Result | None:
    """As `judged`, with one answer a recording: the likeliest class under the mean of its examples' probabilities.

    What a clinician is shown. Recordings whose label changes from example to example are left out.
    """
    if f"{target}.logits" not in predictions:
        return None
    truth: Labels = predictions[f"{target}.truth"]
    probabilities = torch.from_numpy(predictions[f"{target}.logits"]).softmax(dim=1).numpy()
    firsts, answers = [], []
    for recording in np.unique(predictions["recording"]):
        rows = np.flatnonzero(predictions["recording"] == recording)
        if truth[rows[0]] >= 0 and (truth[rows] == truth[rows[0]]).all():
            firsts.append(rows[0])
            answers.append(int(probabilities[rows].mean(axis=0).argmax()))
    title, rows, told = f"{title}, one answer a recording", np.array(firsts, np.intp), np.array(answers, np.int64)
    return _beside_majority(title, target, classes, predictions, learnt, rows, told, ordinal=ordinal)


def _beside_majority(
    title: str,
    target: str,
    classes: Sequence[str],
    predictions: Predictions,
    learnt: Sequence[Predictions],
    rows: Rows,
    answers: Labels,
    *,
    ordinal: bool,
) -> Result | None:
    """Answers to these rows, and what the majority of each row's fold would have said; None without a row."""
    if not len(rows):
        return None
    usual = np.array([majority(lesson[target]) for lesson in learnt])
    return of_classes(
        title,
        classes,
        predictions[f"{target}.truth"][rows],
        answers,
        usual[predictions["fold"][rows]],
        predictions["person"][rows].tolist(),
        ordinal=ordinal,
    )


def majority(classes: Labels) -> int:
    """The most frequent known class, 0 when none is known."""
    known = classes[classes >= 0]
    return int(np.bincount(known).argmax()) if len(known) else 0
