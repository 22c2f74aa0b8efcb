"""Who is learnt from and who is tested: splits by person, and the one split by frame that a paper used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.intp]
Labels = npt.NDArray[np.int64]
_DISFA: Final = frozenset({"DISFA", "DISFA+"})


class SplitError(ValueError):
    """A split would let the test see what was learnt."""


@dataclass(frozen=True, slots=True)
class Fold:
    name: str
    train: Rows
    test: Rows


@dataclass(frozen=True, slots=True)
class Who:
    """Whom each of the n examples shows, and from where."""

    person: Sequence[str]  # (n,) across data sets
    dataset: Sequence[str]  # (n,)
    label: Labels  # (n,) class, -1 not known: people are spread over parts by it


def leave_one_person_out(who: Who) -> list[Fold]:
    """A fold a person, by name."""
    return [_fold(person.replace("/", "-"), who, {person}) for person in sorted(set(who.person))]


def k_fold(who: Who, k: int, seed: int) -> list[Fold]:
    """k folds of people, each with about the same mixture of labels. Raises SplitError with fewer people than folds."""
    if len(set(who.person)) < k:
        raise SplitError(f"{k} folds need at least {k} people, not {len(set(who.person))}")
    return [_fold(f"fold-{i + 1}", who, part) for i, part in enumerate(_dealt(who, k, seed))]


def hold_out(who: Who, seed: int, parts: int = 5) -> list[Fold]:
    """One of `parts` equal parts of the people is tested."""
    return [_fold("holdout", who, _dealt(who, min(parts, len(set(who.person))), seed)[0])]


def by_frame_as_in_the_paper(who: Who, seed: int, share: float = 0.2) -> list[Fold]:
    """A random share of the examples is tested, whoever they show (Niu et al.): the test sees learnt faces."""
    order = np.random.default_rng(seed).permutation(len(who.person))
    cut = round(share * len(order))
    return [Fold("by-frame", np.sort(order[cut:]), np.sort(order[:cut]))]


def check(fold: Fold, who: Who) -> None:
    """Raises SplitError unless training and test show different people, and DISFA and DISFA+ do not face each other."""
    if not len(fold.train) or not len(fold.test):
        raise SplitError(f"{fold.name}: nobody is left to learn from, or to test")
    learnt, tested = ({who.person[i] for i in rows} for rows in (fold.train, fold.test))
    if shared := learnt & tested:
        raise SplitError(f"{fold.name}: {', '.join(sorted(shared)[:3])} would be learnt from and tested")
    sources = [{who.dataset[i] for i in rows} & _DISFA for rows in (fold.train, fold.test)]
    if len(sources[0] | sources[1]) == 2 and all(sources):
        raise SplitError("DISFA and DISFA+ show the same people: use one of them")


def validation(who: Who, train: Rows, seed: int, parts: int = 5) -> tuple[Rows, Rows]:
    """The training rows without some people, and those people's rows, for early stopping; none with fewer than four."""
    people = sorted({who.person[i] for i in train})
    if len(people) < 4:
        return train, train[:0]
    among = Who([who.person[i] for i in train], [who.dataset[i] for i in train], who.label[train])
    held = _dealt(among, min(parts, len(people)), seed)[0]
    inside = np.array([person in held for person in among.person])
    return train[~inside], train[inside]


def _fold(name: str, who: Who, tested: set[str]) -> Fold:
    inside = np.array([person in tested for person in who.person])
    return Fold(name, np.flatnonzero(~inside), np.flatnonzero(inside))


def _dealt(who: Who, parts: int, seed: int) -> list[set[str]]:
    """People dealt out like cards, sorted by their most frequent label, in an order drawn by the seed."""
    rng = np.random.default_rng(seed)
    people = sorted(set(who.person))
    persons = np.array(who.person)
    usual = {}
    for person in people:
        known = who.label[(persons == person) & (who.label >= 0)]
        usual[person] = int(np.bincount(known).argmax()) if len(known) else -1
    drawn = [people[i] for i in rng.permutation(len(people))]
    drawn.sort(key=lambda person: usual[person])
    return [set(drawn[i::parts]) for i in range(parts)]
