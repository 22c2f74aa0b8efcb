"""Figures of merit against published or hand-made examples."""

import numpy as np
import pytest

from analysis.training import metrics
from analysis.training.systems.classify import judged, judged_by_recording

# Shrout and Fleiss 1979, table 2: four judges rate six targets.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


@pytest.mark.parametrize(
    ("form", "published"), [("1,1", 0.17), ("2,1", 0.29), ("3,1", 0.71), ("1,k", 0.44), ("2,k", 0.62), ("3,k", 0.91)]
)
def test_intraclass_correlation_agrees_with_shrout_and_fleiss(form, published):
    assert metrics.icc(SHROUT_FLEISS, form) == pytest.approx(published, abs=0.005)


def test_another_form_of_the_intraclass_correlation_is_refused():
    with pytest.raises(ValueError, match="form"):
        metrics.icc(SHROUT_FLEISS, "4,1")


def test_a_constant_offset_costs_absolute_agreement_but_not_consistency():
    truth = np.arange(6.0)
    shifted = np.stack([truth, truth + 2], axis=1)
    assert metrics.icc(shifted, "3,1") == pytest.approx(1)
    assert metrics.icc(shifted, "2,1") < 0.8


def counts() -> np.ndarray:
    truth = np.array([0, 0, 0, 0, 1, 1, 2, 2])
    predicted = np.array([0, 0, 1, 2, 1, 1, 2, 1])
    return metrics.confusion(truth, predicted, 4)


def test_confusion_counts_truth_in_rows():
    assert counts().tolist() == [[2, 1, 1, 0], [0, 2, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]]


def test_precision_recall_and_f1_by_hand():
    precision, recall, f1 = metrics.per_class(counts())
    assert precision == pytest.approx([1, 0.5, 0.5, 0])
    assert recall[:3] == pytest.approx([0.5, 1, 0.5])
    assert f1[:3] == pytest.approx([2 / 3, 2 / 3, 0.5])
    assert np.isnan(f1[3]), "a class without truth has no F1"
    assert metrics.macro_precision(counts()) == pytest.approx(2 / 3)
    assert metrics.macro_recall(counts()) == pytest.approx(2 / 3)


def test_macro_f1_leaves_out_classes_without_truth():
    assert metrics.macro_f1(counts()) == pytest.approx((2 / 3 + 2 / 3 + 0.5) / 3)
    assert metrics.weighted_f1(counts()) == pytest.approx((4 * 2 / 3 + 2 * 2 / 3 + 2 * 0.5) / 8)
    assert metrics.accuracy(counts()) == pytest.approx(5 / 8)


def test_a_class_that_is_never_found_counts_as_zero():
    assert metrics.macro_f1(metrics.confusion(np.array([0, 1]), np.array([0, 0]), 2)) == pytest.approx((2 / 3) / 2)


def test_quadratic_kappa_by_hand():
    # two raters, three grades: observed weighted disagreement .25 of the one expected by chance
    table = np.array([[10, 2, 0], [2, 10, 2], [0, 2, 10]])
    n, grid = table.sum(), np.arange(3)
    weights = (grid[:, None] - grid) ** 2 / 4
    chance = np.outer(table.sum(1), table.sum(0)) / n
    assert metrics.quadratic_kappa(table) == pytest.approx(1 - (weights * table).sum() / (weights * chance).sum())
    assert metrics.quadratic_kappa(np.diag([3, 3, 3])) == 1
    assert metrics.quadratic_kappa(np.array([[5, 0], [5, 0]])) == 0, "one class for all is chance"


def test_within_one_counts_neighbours():
    assert metrics.within_one(counts()) == pytest.approx(7 / 8)


def test_pearson_and_error():
    a, b = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 4.0, 6.0, 9.0])
    assert metrics.pearson(a, b) == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert np.isnan(metrics.pearson(a, np.ones(4)))
    assert metrics.mean_absolute_error(a, b) == pytest.approx(2.75)


def test_intervals_draw_people_not_rows():
    persons = ["a"] * 50 + ["b"] * 50 + ["c"] * 50
    values = np.repeat([0.0, 0.5, 1.0], 50)
    low, high = metrics.interval_by_person(lambda rows: float(values[rows].mean()), persons)
    assert high - low > 0.6, "150 rows of three people are three observations"


def test_too_few_people_have_no_interval():
    assert metrics.interval_by_person(lambda rows: 1.0, ["a", "b", "b"]) is None


def test_one_answer_a_recording_is_the_likeliest_under_the_mean_of_its_examples():
    """Two of three frames of `a` lean to the wrong class; one that is sure outweighs them. `b` changes its label."""
    sure, leaning = [0.0, 6.0], [0.2, 0.0]
    predictions = {
        "x.logits": np.array([leaning, leaning, sure, sure, sure], np.float32),
        "x.truth": np.array([1, 1, 1, 0, 1]),
        "fold": np.zeros(5, int),
        "person": np.array(["p", "p", "p", "q", "q"]),
        "recording": np.array(["a", "a", "a", "b", "b"]),
    }
    learnt = [{"x": np.array([0, 0, 1])}]
    result = judged_by_recording("X", "x", ("no", "yes"), predictions, learnt, ordinal=False)
    assert result is not None
    assert (result.examples, result.people, result.confusion) == (1, 1, [[0, 0], [0, 1]])
    assert (result.figures["accuracy"].value, result.figures["accuracy"].baseline) == (1.0, 0.0)
    frames = judged("X", "x", ("no", "yes"), predictions, learnt, ordinal=False)
    assert frames is not None and frames.figures["accuracy"].value == pytest.approx(2 / 5)
