"""Clinical scales read off tables."""

import pytest

from analysis.contracts import AffectedSide, Exercise, Measure, Movement, Side, SynkinesisKind
from analysis.grading.scales import Findings, scales
from analysis.motion.exercises import prescriptions
from analysis.symptoms.coupling import Coupling
from analysis.symptoms.measures import measure
from analysis.symptoms.resting import NORMAL_IOD, resting


def movements(left: float = 1.0, right: float = 1.0) -> dict[Exercise, Movement]:
    return {e: Movement(left, right, (left - right) / max(left, right)) for e in prescriptions()}


def still(left: float = 1.0, right: float = 1.0) -> dict[str, Measure]:
    """Resting measures in millimetres, and what the lids and the eye opening leave."""
    rest = {
        name: measure([left * 10, right * 10], "mm", Exercise.REST) for name in ("palpebral_fissure", "brow_height")
    }
    rest |= {n: measure([-60.0, -60.0], "mm", Exercise.REST) for n in ("commissure_height", "fold_height")}
    rest["fold_angle"] = measure([30.0, 30.0], "deg", Exercise.REST)
    for effort, exercise in (("gentle", Exercise.EYE_CLOSURE_GENTLE), ("tight", Exercise.EYE_CLOSURE_TIGHT)):
        rest[f"palpebral_fissure_{effort}"] = measure([0.1, 0.1], "mm", exercise)
    for name, exercise in (("smile_open", Exercise.SMILE_OPEN), ("pucker", Exercise.PUCKER)):
        rest[f"ocular_opening_{name}"] = measure([1.0, 1.0], "ratio", exercise)
    return rest


def findings(side=AffectedSide.NONE, moves=None, measures=None, couplings=()) -> Findings:
    measures = still() if measures is None else measures
    return Findings(side, movements() if moves is None else moves, measures, list(couplings), resting(measures, side))


def synkinesis(strength: float, exercise=Exercise.PUCKER) -> Coupling:
    return Coupling(SynkinesisKind.ORAL_OCULAR, Side.LEFT, exercise, "AU18", "AU45", strength, None, (), ())


def test_healthy_volunteer_reads_as_healthy():
    found = scales(findings())
    assert found.sunnybrook.total == 100
    assert found.fngs2.items["grade"].value == 1
    assert found.auto_eface.total == pytest.approx(100)


def test_complete_palsy_with_synkinesis_hits_the_floor_of_sunnybrook():
    measures = still(left=1.5)
    couplings = [synkinesis(0.9, e) for e in prescriptions()]
    found = scales(findings(AffectedSide.LEFT, movements(left=0.0), measures, couplings))
    assert found.sunnybrook.items["voluntary_forehead"].value == 1
    assert found.sunnybrook.items["synkinesis_pucker"].value == 3
    assert found.sunnybrook.total == 0  # 4 x 5 - 5 - 15 is just 0; never below


def test_sunnybrook_is_voluntary_less_resting_less_synkinesis():
    found = scales(findings(AffectedSide.LEFT, movements(left=0.7), still(left=1.5), [synkinesis(0.4)])).sunnybrook
    resting_points = sum(found.items[f"resting_{n}"].value for n in ("eye", "cheek", "mouth"))
    assert found.total == 4 * (5 * 4) - 5 * resting_points - 2


@pytest.mark.parametrize("exercise", [Exercise.PUCKER, Exercise.SNARL, Exercise.SMILE_OPEN])
def test_missing_exercise_is_named_and_costs_its_item_only(exercise):
    moves = {e: m for e, m in movements().items() if e is not exercise}
    found = scales(findings(moves=moves)).sunnybrook
    assert exercise.value in found.missing
    assert found.total is None
    assert found.items["voluntary_forehead"].value == 5


def test_fngs_is_marked_as_awaiting_a_check():
    assert "Awaiting a check" in scales(findings()).fngs2.note


def test_fngs_total_beyond_24_counts_as_24():
    couplings = [synkinesis(0.9)]
    found = scales(findings(AffectedSide.LEFT, movements(left=0.0), couplings=couplings)).fngs2
    assert found.total == 24
    assert found.items["grade"].value == 6


def test_auto_eface_compares_the_affected_half_with_the_other():
    found = scales(findings(AffectedSide.RIGHT, movements(right=0.4))).auto_eface
    assert found.items["brow_raise"].value == pytest.approx(40)
    assert found.items["smile"].value == pytest.approx(40)
    assert found.items["gentle_closure"].value == 100  # less than 1 mm stays open


def test_wide_fissure_lowers_the_static_item():
    found = scales(findings(AffectedSide.LEFT, measures=still(left=1.25))).auto_eface
    assert found.items["palpebral_fissure"].value == pytest.approx(80)


def test_no_scale_without_a_healthy_half():
    found = scales(findings(AffectedSide.BOTH))
    assert (found.sunnybrook, found.fngs2, found.auto_eface) == (None, None, None)


def test_resting_signs_tell_loss_of_tone_from_hypertonicity():
    far = NORMAL_IOD["palpebral_fissure"] * 60 * 2
    wide = {"palpebral_fissure": measure([10 + far, 10], "mm", Exercise.REST)}
    assert resting(wide, AffectedSide.LEFT)["palpebral_fissure"]["reading"] == "loss of tone"
    assert resting(wide, AffectedSide.RIGHT)["palpebral_fissure"]["reading"] == "hypertonicity"
    assert resting(wide, AffectedSide.NONE)["palpebral_fissure"]["reading"].startswith("asymmetric")


def test_natural_resting_asymmetry_is_within_range_and_unmeasured_is_none():
    slight = {"brow_height": measure([20.0, 20.5], "mm", Exercise.REST)}
    found = resting(slight, AffectedSide.LEFT)
    assert found["brow_height"]["reading"].startswith("within")
    assert found["commissure_height"] is None
