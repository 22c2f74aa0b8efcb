"""Typed synkinesis as coupling of a trigger and a follower."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.contracts import AU_NAMES, Exercise, Side, SynkinesisKind
from analysis.evaluation import fit_synkinesis
from analysis.faces.anatomy import LOWER_LID, MIRROR, MOUTH_CORNER, UPPER_LID
from analysis.faces.head import HeadFrame
from analysis.motion.rest import Rest, RestReference
from analysis.symptoms import coupling
from tests.analysis.curves import session, swapped
from tests.analysis.meshes import face

MODEL = coupling.shipped()


def seen_in(made, units=None):
    """Differences over a still face whose lids and mouth corners move as the units say."""
    units, n = units or made.units, len(made.time_s)
    points = np.broadcast_to(open_eyes(), (n, 478, 3)).copy()
    for side in Side:
        lids, corner = np.array(UPPER_LID), np.array([MOUTH_CORNER])
        lids, corner = (lids, corner) if side is Side.LEFT else (MIRROR[lids], MIRROR[corner])
        points[:, lids, 1] -= 0.14 * units.of("AU45", side)[:, None] / 5
        points[:, corner, 1] += 0.15 * units.of("AU12", side)[:, None] / 5
    rest = Rest(np.nanmax(units.left + units.right, axis=1) < 0.1, RestReference(open_eyes(), "own"))
    return coupling.differences(HeadFrame(made.time_s, points, None), rest, units)


def open_eyes():
    """A face whose fissures are .14 inter-ocular distances high."""
    points = face()
    for upper, lower in zip(UPPER_LID, LOWER_LID, strict=True):
        for high, low in ((upper, lower), (MIRROR[upper], MIRROR[lower])):
            points[high, 1] = points[low, 1] + 0.14
    return points


def found_in(made, units=None):
    return coupling.couplings(seen_in(made, units), made.found, MODEL)


@pytest.fixture
def eye_follows_mouth():
    mouth = (Exercise.PUCKER, Exercise.SMILE_CLOSED, Exercise.SMILE_OPEN)
    return session(extra=[(e, unit, "right", 3.5) for e in mouth for unit in ("AU45", "AU7")])


def test_healthy_session_has_no_synkinesis():
    assert coupling.pairs(found_in(session()), MODEL) == []


def test_eye_that_follows_the_mouth_is_oral_ocular(eye_follows_mouth):
    pairs = coupling.pairs(found_in(eye_follows_mouth), MODEL)
    assert [(p.kind, p.side, p.followed) for p in pairs] == [(SynkinesisKind.ORAL_OCULAR, Side.RIGHT, "AU45")]
    assert 0.2 < pairs[0].strength < 1.5


def test_mouth_that_follows_the_eyes_is_ocular_oral():
    eyes = (Exercise.EYE_CLOSURE_GENTLE, Exercise.EYE_CLOSURE_TIGHT)
    made = session(extra=[(e, unit, "left", 2.5) for e in eyes for unit in ("AU12", "AU14")])
    assert [(p.kind, p.side) for p in coupling.pairs(found_in(made), MODEL)] == [
        (SynkinesisKind.OCULAR_ORAL, Side.LEFT)
    ]


def test_swapped_halves_swap_the_side(eye_follows_mouth):
    flipped = found_in(eye_follows_mouth, swapped(eye_follows_mouth.units))
    here, there = coupling.pairs(found_in(eye_follows_mouth), MODEL), coupling.pairs(flipped, MODEL)
    assert [(p.kind, p.side.other, p.strength) for p in here] == [(p.kind, p.side, p.strength) for p in there]


def test_coupling_is_per_unit_of_what_was_done(eye_follows_mouth):
    """A weak effort, a fifth of a movement with a fifth of the follower, is the same synkinesis."""
    weak = session()
    for side in Side:
        weak.units.side(side)[:] = 0.2 * eye_follows_mouth.units.side(side)
    key = (SynkinesisKind.ORAL_OCULAR, Side.RIGHT)
    full, less = (coupling.strengths(found_in(s))[key] for s in (eye_follows_mouth, weak))
    assert 0.35 * full < less < full  # a fifth of an average movement counts as .44 of this face's own


def test_blink_during_a_smile_is_no_synkinesis():
    made = session((Exercise.SMILE_OPEN,))
    blink = (made.time_s > 1.5) & (made.time_s < 1.75)
    made.units.right[blink, AU_NAMES.index("AU45")] = 5.0
    assert coupling.pairs(found_in(made), MODEL) == []


def test_lag_of_the_follower_is_read_from_the_curves():
    time_s = np.arange(0, 2, 0.02)
    trigger = np.exp(-(((time_s - 1.0) / 0.2) ** 2))
    follower = 0.5 * np.exp(-(((time_s - 1.1) / 0.2) ** 2))
    assert coupling._lag(trigger, follower, time_s) == pytest.approx(0.1, abs=0.021)
    assert coupling._lag(trigger, np.zeros_like(trigger), time_s) is None


def test_kinds_that_landmarks_do_not_show_say_why():
    reasons = coupling.unmeasured(MODEL)
    assert {"snarl-smile", "mentalis"} <= set(reasons)
    assert all(reasons.values())


def test_kind_without_a_reliable_threshold_is_not_reported_and_says_why(eye_follows_mouth):
    kind = SynkinesisKind.ORAL_OCULAR
    model = replace(MODEL, least=dict(MODEL.least) | {kind: coupling.NEVER})
    assert kind.value in coupling.unmeasured(model)
    found = eye_follows_mouth.found
    assert kind not in {c.kind for c in coupling.couplings(seen_in(eye_follows_mouth), found, model)}
    curves = [c for c in coupling.unjudged(seen_in(eye_follows_mouth), found, model) if c.kind is kind]
    assert max(c.strength for c in curves) > 0.2
    assert any(c.lag_s is not None for c in curves)


def test_model_survives_json():
    again = coupling.SynkinesisModel.from_json(MODEL.to_json())
    assert again.least == pytest.approx(MODEL.least)


def test_model_for_other_differences_is_refused():
    data = MODEL.to_json()
    data["kinds"]["oral-ocular"]["watched"] = ["AU45"]
    with pytest.raises(ValueError, match="something else"):
        coupling.SynkinesisModel.from_json(data)


def test_kind_that_is_mostly_missed_is_not_reported_however_true_the_rest_is():
    """Four of ten with it stand out, nobody without it does: precision 1, F1 .57."""
    true = np.array([0.5] * 10 + [0.0] * 30)
    measured = np.array([0.5] * 4 + [0.05] * 36)
    assert fit_synkinesis._threshold(measured, true) == coupling.NEVER
    measured[:8] = 0.5
    assert 0.12 <= fit_synkinesis._threshold(measured, true) <= 0.5
