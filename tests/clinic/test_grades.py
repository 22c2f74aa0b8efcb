"""Grades by hand: arithmetic, drafts, versions, blinding, several raters and what counts as the record."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from analysis.grading import scales as analysed
from clinic.errors import Refused
from clinic.grading import arithmetic
from clinic.grading.tables import table
from clinic.models import AuditEvent, ClinicianGrade, GradeDraft, Session, User
from clinic.selectors import grades as selector
from clinic.services import audit, grades
from tests.clinic import factories as make
from tests.clinic.cast import Cast
from tests.clinic.measured import measured

HB, SUNNYBROOK, EFACE = "house_brackmann", "sunnybrook", "eface"


@pytest.fixture
def session(cast: Cast) -> Session:
    made: Session = make.SessionFactory(patient=cast.patient, episode=make.EpisodeFactory(patient=cast.patient))
    measured(made)
    return made


def second_rater(cast: Cast) -> User:
    user: User = make.MembershipFactory(organisation=cast.site, user__name="Rita Rater").user
    cast.team.clinicians.add(user)
    return user


def graded(session: Session, rater: User, grade: int, note: str = "") -> ClinicianGrade:
    return grades.save(session=session, rater=rater, scale=HB, raw={"grade": str(grade)}, note=note)


def whole(**changed: str) -> dict[str, str]:
    """A Sunnybrook form of a healthy face, but for what is changed."""
    best = {"resting": "normal", "voluntary": "5", "synkinesis": "0"}
    return {item.key: best[item.part] for item in table(SUNNYBROOK).items} | changed


def value(scale: str, raw: dict[str, str]) -> float | None:
    return arithmetic.score(table(scale), arithmetic.clean(table(scale), raw)).value


def test_tables_cannot_drift_from_the_ones_of_the_analysis() -> None:
    told = analysed.tables()
    own = table(SUNNYBROOK)
    factors = {part.key: part.factor for part in own.parts}
    assert factors["voluntary"] == told["sunnybrook"]["voluntary_factor"]
    assert factors["resting"] == -told["sunnybrook"]["resting_factor"]
    assert factors["synkinesis"] == -1
    assert (own.floor, own.ceiling) == (told["sunnybrook"]["floor"], told["sunnybrook"]["ceiling"])
    names = {f"{part}_{name}" for part in ("voluntary", "synkinesis") for name in told["sunnybrook"]["voluntary"]}
    assert {i.machine for i in own.items} == names | {f"resting_{name}" for name in told["sunnybrook"]["resting"]}
    eface = told["auto_eface"]
    assert {i.machine for i in table(EFACE).items if i.machine} == {
        *eface["static"],
        *eface["dynamic"],
        *eface["synkinesis"],
    }


@pytest.mark.parametrize("static", [0, 40, 100, 130, 200])
def test_eface_folds_static_items_as_the_estimated_scale_does(static: int) -> None:
    item = next(i for i in table(EFACE).items if i.balanced)
    assert arithmetic.points(item, static) == 100.0 - abs(100.0 - static)


@pytest.mark.parametrize(
    ("changed", "composite"),
    [
        ({}, 100),
        # worked by hand: voluntary 2+3+3+2+3 = 13 x 4 = 52; resting 1+2+1 = 4 x 5 = 20; synkinesis 1+0+2+0+1 = 4
        (
            {
                **dict(zip([f"voluntary_{m}" for m in ("forehead", "gentle_closure", "open_smile", "snarl", "pucker")],
                           "23323", strict=True)),
                **dict(zip([f"synkinesis_{m}" for m in ("forehead", "gentle_closure", "open_smile", "snarl", "pucker")],
                           "10201", strict=True)),
                "resting_eye": "wide", "resting_cheek": "absent", "resting_mouth": "dropped",
            },
            28,
        ),
    ],
)  # fmt: skip
def test_sunnybrook_composite_as_worked_by_hand(changed: dict[str, str], composite: int) -> None:
    assert value(SUNNYBROOK, whole(**changed)) == composite


def test_sunnybrook_below_zero_counts_as_zero_and_says_so() -> None:
    worst = {"resting": "absent", "voluntary": "1", "synkinesis": "3"}
    raw = {i.key: worst[i.part] for i in table(SUNNYBROOK).items}
    raw |= {"resting_eye": "wide", "resting_mouth": "dropped"}
    score = arithmetic.score(table(SUNNYBROOK), arithmetic.clean(table(SUNNYBROOK), raw))
    assert (score.value, score.is_clamped) == (0.0, True)


def test_eface_is_the_mean_of_the_fifteen_item_scores() -> None:
    raw = {item.key: "100" for item in table(EFACE).items} | {"resting_brow": "160", "smile": "40"}
    assert value(EFACE, raw) == round((13 * 100 + 40 + 40) / 15, 2)


@pytest.mark.parametrize(
    ("scale", "raw"),
    [
        (HB, {"grade": "7"}),
        (HB, {"grade": "2.5"}),
        (SUNNYBROOK, {"resting_eye": "purple"}),
        (SUNNYBROOK, {"voluntary_snarl": "0"}),
        (EFACE, {"smile": "101"}),
        (EFACE, {"smile": "-1"}),
        (EFACE, {"smile": "٣"}),
    ],
)
def test_answers_that_no_form_offers_are_refused(scale: str, raw: dict[str, str]) -> None:
    with pytest.raises(Refused):
        arithmetic.clean(table(scale), raw)


def test_zero_is_an_answer_and_empty_is_none() -> None:
    cleaned = arithmetic.clean(table(SUNNYBROOK), {"synkinesis_snarl": "0", "voluntary_snarl": ""})
    assert cleaned == {"synkinesis_snarl": 0}


def test_draft_may_have_gaps_and_a_final_grade_may_not(session: Session, cast: Cast) -> None:
    grades.save_draft(session=session, rater=cast.clinician, scale=SUNNYBROOK, raw={"voluntary_snarl": "3"})
    with pytest.raises(grades.Incomplete, match="Still missing: Eye"):
        grades.save(session=session, rater=cast.clinician, scale=SUNNYBROOK, raw={"voluntary_snarl": "3"})
    assert GradeDraft.objects.get().items == {"voluntary_snarl": 3}
    assert not ClinicianGrade.objects.exists()


def test_final_grade_ends_the_draft_and_is_on_the_trail(session: Session, cast: Cast) -> None:
    grades.save_draft(session=session, rater=cast.clinician, scale=HB, raw={"grade": "4"})
    grade = graded(session, cast.clinician, 3)
    assert (grade.value, grade.version, grade.is_current, grade.blinded) == (3.0, 1, True, True)
    assert (grade.patient, grade.episode) == (session.patient, session.episode)
    assert not GradeDraft.objects.exists()
    assert AuditEvent.objects.get(action="grade").object_id == str(grade.pk)


def test_correction_is_a_new_version_that_is_not_blind_any_more(session: Session, cast: Cast) -> None:
    first = graded(session, cast.clinician, 3)
    second = graded(session, cast.clinician, 4, note="on second look")
    first.refresh_from_db()
    assert (first.is_current, first.value) == (False, 3.0)
    assert (second.version, second.is_current, second.blinded) == (2, True, False)


def test_saving_the_same_again_makes_no_version(session: Session, cast: Cast) -> None:
    assert graded(session, cast.clinician, 3).pk == graded(session, cast.clinician, 3).pk
    assert ClinicianGrade.objects.count() == 1


def test_blinding_is_on_by_default_and_the_own_choice_goes_before_the_clinics(cast: Cast) -> None:
    def blinded() -> bool:
        return grades.is_blinded(user=cast.clinician, organisation=cast.site)

    seen = [blinded()]
    grades.set_clinic_blinding(organisation=cast.site, blinded=False, by=cast.administrator)
    seen.append(blinded())
    grades.set_own_blinding(user=cast.clinician, blinded=True)
    seen.append(blinded())
    assert seen == [True, False, True]
    assert not grades.is_blinded(user=cast.colleague, organisation=cast.site)
    assert grades.is_blinded(user=cast.outsider, organisation=cast.other_site)


def test_grade_given_with_machine_values_shown_is_marked(session: Session, cast: Cast) -> None:
    grades.set_own_blinding(user=cast.clinician, blinded=False)
    assert not graded(session, cast.clinician, 2).blinded


def test_grade_after_a_look_at_the_results_is_marked_by_the_trail(session: Session, cast: Cast) -> None:
    rater = second_rater(cast)
    audit.record(actor=cast.clinician, action="view", obj=session)
    assert graded(session, cast.clinician, 3).seen_before
    assert not graded(session, rater, 3).seen_before


def record(session: Session) -> Any:
    current = list(session.grades.filter(is_current=True, scale=HB))
    return selector.record(HB, current, selector.machine(HB, session.assessments.get()), session)


def test_record_is_the_only_grade_with_the_machine_beside_it(session: Session, cast: Cast) -> None:
    grade = graded(session, cast.clinician, 2)
    on = f"{grade.graded_at.day} {grade.graded_at:%b %Y}"
    said = f"House-Brackmann II by Carla Clinician on {on} (machine: III, 60\N{NO-BREAK SPACE}% probable)"
    assert record(session).sentence == said


def test_raters_who_differ_make_no_record_and_no_mean(session: Session, cast: Cast) -> None:
    graded(session, cast.clinician, 2)
    graded(session, second_rater(cast), 4)
    found = record(session)
    assert (found.state, found.value) == ("differ", None)
    assert "II (Carla Clinician), IV (Rita Rater)" in found.sentence


def test_grade_of_who_reviewed_the_session_counts_when_raters_differ(session: Session, cast: Cast) -> None:
    rater = second_rater(cast)
    graded(session, cast.clinician, 2)
    graded(session, rater, 4)
    session.reviewed_by = rater
    found = record(session)
    assert (found.state, found.value, found.by) == ("one", 4.0, "Rita Rater")


def test_grade_that_all_give_is_the_record_of_all(session: Session, cast: Cast) -> None:
    graded(session, cast.clinician, 3)
    graded(session, second_rater(cast), 3)
    assert record(session).by == "Rita Rater, as Carla Clinician"


def test_nobody_has_graded_is_said(session: Session) -> None:
    assert (
        record(session).sentence
        == "House-Brackmann: not graded by a clinician (machine: III, 60\N{NO-BREAK SPACE}% probable)"
    )


@pytest.mark.parametrize(
    ("grade", "told"),
    [
        (3, "The machine's estimate is the same grade."),
        (2, "The machine's estimate is 1 grade worse than yours."),
        (5, "The machine's estimate is 2 grades better than yours."),
    ],
)
def test_difference_is_told_in_words(session: Session, cast: Cast, grade: int, told: str) -> None:
    own = graded(session, cast.clinician, grade)
    assert selector.difference(table(HB), own, selector.machine(HB, session.assessments.get())) == told


@pytest.mark.parametrize(
    ("scale", "values", "told"),
    [
        (HB, [3.0, 3.0], "All 2 raters agree: III."),
        (HB, [2.0, 4.0, 3.0], "3 raters differ: II to IV, 2 grades apart."),
        (SUNNYBROOK, [55.0, 68.0], "2 raters differ: 55 of 100 to 68 of 100, 13 points apart."),
        (HB, [2.0], "You are the only rater so far."),
    ],
)
def test_agreement_is_told_in_words(scale: str, values: list[float], told: str) -> None:
    for order in itertools.permutations(values):
        assert selector.agreement(scale, order) == told
