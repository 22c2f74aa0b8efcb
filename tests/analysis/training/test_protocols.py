"""Splits: by person, without exception unless a paper's is asked for by name."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.training import protocols
from analysis.training.protocols import Fold, SplitError, Who
from analysis.training.run import Protocol


def who_of(people: dict[str, int], dataset: str = "synthetic", rows: int = 3) -> Who:
    names = [name for name in people for _ in range(rows)]
    labels = np.array([label for label in people.values() for _ in range(rows)])
    return Who(names, [dataset] * len(names), labels)


PEOPLE = {f"set/p{i:02d}": i % 3 for i in range(12)}


def people_of(who: Who, rows) -> set[str]:
    return {who.person[i] for i in rows}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-1, 2)), min_size=6, max_size=60), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_no_split_ever_shows_a_person_on_both_sides(rows, seed):
    who = Who([f"p{p}" for p, _ in rows], ["synthetic"] * len(rows), np.array([label for _, label in rows]))
    if len(set(who.person)) < 3:
        return
    for kind in ("loso", "kfold", "holdout"):
        folds = Protocol(kind, folds=3).split(who, seed)
        for fold in folds:
            assert not people_of(who, fold.train) & people_of(who, fold.test)
            assert sorted([*fold.train, *fold.test]) == list(range(len(rows)))
            train, held_out = protocols.validation(who, fold.train, seed)
            assert not people_of(who, train) & people_of(who, held_out)
        if kind != "holdout":
            tested = np.concatenate([fold.test for fold in folds])
            assert sorted(tested) == list(range(len(rows))), "everybody is tested once"


def test_leaving_one_out_makes_a_fold_a_person():
    folds = protocols.leave_one_person_out(who_of(PEOPLE))
    assert len(folds) == 12
    assert folds[0].name == "set-p00"


def test_folds_hold_about_the_same_mixture_of_labels():
    who = who_of(PEOPLE)
    for fold in protocols.k_fold(who, 4, seed=3):
        assert sorted(set(who.label[fold.test])) == [0, 1, 2]


def test_the_same_seed_gives_the_same_folds():
    who = who_of(PEOPLE)
    one, other, third = (protocols.k_fold(who, 4, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a.test, b.test) for a, b in zip(one, other, strict=True))
    assert not all(np.array_equal(a.test, b.test) for a, b in zip(one, third, strict=True))


def test_more_folds_than_people_are_refused():
    with pytest.raises(SplitError, match="at least 5"):
        protocols.k_fold(who_of({"a": 0, "b": 1}), 5, 0)


def test_a_person_on_both_sides_is_refused():
    who = who_of({"a": 0, "b": 1})
    with pytest.raises(SplitError, match="learnt from and tested"):
        protocols.check(Fold("x", np.array([0, 1]), np.array([2, 3])), who)


def test_disfa_against_disfa_plus_is_refused_even_with_different_people():
    who = Who(["DISFA/SN001", "DISFA/SN002"], ["DISFA", "DISFA+"], np.zeros(2, np.int64))
    with pytest.raises(SplitError, match="same people"):
        protocols.check(Fold("x", np.array([0]), np.array([1])), who)
    with pytest.raises(SplitError, match="same people"):
        Protocol("loso").split(who, 0)


def test_disfa_plus_alone_is_fine():
    who = Who(["DISFA/SN001", "DISFA/SN002"], ["DISFA+", "DISFA+"], np.zeros(2, np.int64))
    assert len(Protocol("loso").split(who, 0)) == 2


def test_an_empty_side_is_refused():
    with pytest.raises(SplitError, match="nobody"):
        Protocol("loso").split(who_of({"a": 0}), 0)


def test_the_split_by_frame_leaks_and_says_so():
    who = who_of(PEOPLE)
    protocol = Protocol(by_frame=True)
    (fold,) = protocol.split(who, 0)
    assert people_of(who, fold.train) & people_of(who, fold.test)
    assert "faces that were learnt" in protocol.words


def test_few_training_people_are_all_needed_for_learning():
    who = who_of({"a": 0, "b": 1, "c": 0})
    train, held_out = protocols.validation(who, np.arange(9), 0)
    assert len(train) == 9
    assert not len(held_out)


def test_fewer_folds_can_be_asked_for():
    assert len(Protocol("loso", most_folds=3).split(who_of(PEOPLE), 0)) == 3
