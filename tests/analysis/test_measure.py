"""The measuring half of the pipeline, from a track to everything that is measured."""

import dataclasses
import functools

import numpy as np
import pytest

from analysis.contracts import AffectedSide, Exercise, Region, Side, Timeline, TimelineSegment, WeakerSide
from analysis.evaluation.command import report_of
from analysis.evaluation.score import score
from analysis.evaluation.tracks import mirrored
from analysis.evaluation.truth import Truth
from analysis.faces.follow import follow
from analysis.faces.track import FaceTrack
from analysis.measure import Measured, measure
from analysis.models import shipped
from analysis.motion import compliance
from analysis.motion.exercises import prescriptions
from analysis.symptoms import laterality
from tests.analysis.meshes import lopsided, track_of_faces, visits
from tests.analysis.puppets import Clip, puppet_clip

ALL = tuple(prescriptions())


@functools.cache
def clip(side: AffectedSide) -> Clip:
    """Eight exercises on one puppet; about eleven seconds."""
    return puppet_clip(side, exercises=ALL, pace=0.7)


@functools.cache
def track(side: AffectedSide) -> FaceTrack:
    return follow(clip(side).path).track


@functools.cache
def measured(side: AffectedSide) -> Measured:
    return measure(track(side))


def asked(side: AffectedSide) -> Timeline:
    segments = [s for s in clip(side).truth["segments"] if s["name"] != "rest"]
    return Timeline([TimelineSegment(Exercise(s["name"]), s["start"], s["end"]) for s in segments])


def test_accuracy_on_puppets_stays_above_the_floor():
    """Figures of puppets that nothing was fitted on; the floors lie below what was measured, see analysis/README.md."""
    clips = [clip(side) for side in (AffectedSide.NONE, AffectedSide.LEFT)]
    truths = [Truth(f"p{i}", f"p{i}", c.truth) for i, c in enumerate(clips)]
    tracks = [track(side) for side in (AffectedSide.NONE, AffectedSide.LEFT)]
    scores = score(truths, {t.video_id: report_of(seen, shipped()) for t, seen in zip(truths, tracks, strict=True)})
    assert scores.mean.pcc > 0.80
    assert scores.figures["affected side, accuracy"] == 1.0
    assert scores.figures["movement asymmetry index, PCC"] > 0.75
    assert scores.figures["exercises, F1"] > 0.80
    assert scores.figures["House-Brackmann, within one"] == 1.0


def test_healthy_puppet_reads_as_healthy():
    found = measured(AffectedSide.NONE)
    assert found.affected_side.side is AffectedSide.NONE
    assert found.synkinesis.present is False
    assert found.house_brackmann.grade == 1
    assert {r.weaker_side for r in found.regions.values()} == {WeakerSide.NONE}


def test_lids_that_are_followed_unequally_leave_no_eye_open():
    """Landmarks follow the left lids of this photograph worse: read one by one, they end .9 mm apart."""
    found = measured(AffectedSide.NONE)
    gap = found.measures["palpebral_fissure_gentle"]
    assert gap.left == pytest.approx(gap.right, abs=0.6)  # .24 to .31 as it comes
    assert not any(found.details.extras["eye_safety"]["gentle"][f"flag_{side}"] for side in ("left", "right"))


def test_paralysed_half_is_found_with_its_open_eye():
    found = measured(AffectedSide.LEFT)
    assert found.affected_side.side is AffectedSide.LEFT
    assert all(found.regions[r].weaker_side is WeakerSide.LEFT and found.regions[r].delta_am < 0 for r in Region)
    assert found.house_brackmann.grade >= 4
    assert found.details.extras["eye_safety"]["tight"]["flag_left"]
    assert not found.details.extras["eye_safety"]["tight"]["flag_right"]


def test_smile_has_a_direction_on_every_half_that_moves():
    healthy, paralysed = (
        measured(side).measures["commissure_angle_smile_open"] for side in (AffectedSide.NONE, AffectedSide.LEFT)
    )
    assert 10 < healthy.left < 80 and 10 < healthy.right < 80
    assert healthy.difference == pytest.approx(healthy.left - healthy.right, abs=1e-3)
    assert healthy.ratio is None
    assert 10 < paralysed.right < 80


def test_closed_eye_reads_as_closed_and_leaves_the_open_one_open():
    found = measured(AffectedSide.LEFT)
    closures = [s for s in found.segments if s.exercise is Exercise.EYE_CLOSURE_TIGHT]
    assert closures and all(s.movement.right > 0.85 and s.movement.left < 0.6 for s in closures)


def test_mirrored_track_swaps_every_side():
    here, there = measured(AffectedSide.LEFT), measure(mirrored(track(AffectedSide.LEFT)))
    assert there.affected_side.side is AffectedSide.RIGHT
    for name, m in here.measures.items():
        assert there.measures[name].left == pytest.approx(m.right, abs=2e-3), name
    for region in Region:
        assert there.regions[region].delta_am == pytest.approx(-here.regions[region].delta_am, abs=0.02)
    assert there.house_brackmann.grade == here.house_brackmann.grade


def test_timeline_is_followed_and_checked():
    found = measure(track(AffectedSide.LEFT), timeline=asked(AffectedSide.LEFT))
    assert [s.exercise for s in found.segments] == [s.exercise for s in asked(AffectedSide.LEFT).segments]
    assert {s.source for s in found.segments} == {"timeline"}
    verdicts = [row["verdict"] for row in found.details.extras["compliance"]]
    assert verdicts.count("done") >= 6


def test_exercise_that_was_not_done_is_missing_or_wrong():
    given = asked(AffectedSide.NONE)
    puckers = next(s for s in given.segments if s.exercise is Exercise.PUCKER)
    wrong = Timeline([dataclasses.replace(puckers, exercise=Exercise.SNARL), *given.segments])
    found = measure(track(AffectedSide.NONE), timeline=wrong)
    assert {p.code for p in found.problems} & {compliance.WRONG, compliance.MISSING, compliance.HALF}


def test_what_was_done_instead_of_the_exercise_counts_for_nothing():
    """A smile in a brow raise's time is no synkinesis of the mouth and no paralysed brow."""
    other = {Exercise.BROW_RAISE: Exercise.SMILE_CLOSED, Exercise.SMILE_CLOSED: Exercise.BROW_RAISE}
    given = asked(AffectedSide.NONE)
    changed = [dataclasses.replace(s, exercise=other.get(s.exercise, s.exercise)) for s in given.segments]
    found = measure(track(AffectedSide.NONE), timeline=Timeline(changed))
    assert [s.exercise for s in found.segments if s.movement is None] == [
        s.exercise for s in changed if s.exercise in other
    ]
    assert found.synkinesis.pairs == []
    assert found.affected_side.side is AffectedSide.NONE
    assert not {m.exercise for m in found.measures.values()} & set(other)
    assert [row["verdict"] for row in found.details.extras["compliance"]].count(compliance.WRONG) == 2


def test_recorded_side_that_the_video_contradicts_is_warned_about():
    found = measure(track(AffectedSide.LEFT), recorded_side=AffectedSide.RIGHT)
    assert laterality.CONTRADICTS in {p.code for p in found.problems}
    assert found.affected_side.side is AffectedSide.LEFT  # never a silent flip


def test_pinned_rest_is_measured_beside_the_own_one():
    own = measured(AffectedSide.NONE)
    found = measure(track(AffectedSide.LEFT), rest_reference=own.rest_reference)
    against = found.details.extras["against_pinned_rest"]
    assert set(against["rest_intensity"]) == {"left", "right"}
    assert measured(AffectedSide.LEFT).details.extras["against_pinned_rest"] is None


def test_video_without_exercises_makes_no_claim():
    found = measure(track_of_faces(visits(lopsided(0.002))))
    assert compliance.MISSING_ALL in {p.code for p in found.problems}
    assert (found.house_brackmann, found.synkinesis.present, found.scales) == (None, None, None)
    assert (found.affected_side.side, found.affected_side.confidence) == (AffectedSide.NONE, 0.0)
    assert all(r.weaker_side is None for r in found.regions.values())


def test_track_without_a_face_measures_nothing():
    empty = track_of_faces(visits(lopsided()))
    empty.landmarks[:] = np.nan
    found = measure(dataclasses.replace(empty, detected=np.zeros(len(empty.time_s), bool)))
    assert (found.action_units, found.segments, found.measures) == (None, [], {})
    assert found.problems[0].code == "no_face_measured"


def test_unmeasured_frames_are_null_and_the_rest_is_kept():
    gap = track_of_faces(visits(lopsided()))
    gap.landmarks[4:7] = np.nan
    units = measure(gap).action_units
    assert units.left[5] is None and units.left[20] is not None
    assert None not in units.left[20]


def test_curves_and_progress_cover_the_video():
    told: list[float] = []
    found = measure(track(AffectedSide.NONE), progress=told.append)
    n = len(track(AffectedSide.NONE).time_s)
    assert told == sorted(told) and told[-1] == 1.0
    assert all(len(curve) == n for curve in found.details.curves.values())
    assert {w.training_data for w in found.weights} == {"synthetic"}
    assert Side.LEFT.value in {name.rsplit("_", 1)[1] for name in found.details.curves}


def test_corner_is_far_from_its_rest_at_the_apex_of_a_smile_and_near_it_at_rest():
    found = measure(track(AffectedSide.NONE))
    time_s = track(AffectedSide.NONE).time_s
    curve = found.details.curves["commissure_excursion_left"]
    smile = next(s for s in found.segments if s.exercise in (Exercise.SMILE_OPEN, Exercise.SMILE_CLOSED))
    apex, rest = (int(abs(time_s - at).argmin()) for at in (smile.apex_s, found.details.extras["rest"]["at_s"]))
    assert curve[apex] > 4 * curve[rest]
