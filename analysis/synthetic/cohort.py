"""The fictional patients of the demonstration: who they are, what happened to them, and how each visit looked.

Nobody here exists. Days are days since onset (since enrolment for the volunteer); a caller sets the calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from analysis.contracts import AffectedSide, SynkinesisKind
from analysis.synthetic.patient import PatientSpec, Resting, SessionOf, Synkinesis, Trouble, Weakness

ORAL_OCULAR: Final = SynkinesisKind.ORAL_OCULAR
OCULAR_ORAL: Final = SynkinesisKind.OCULAR_ORAL
_PACE: Final = 0.88  # about 14 seconds for the eight exercises


class Cause(StrEnum):
    BELL = "bell"
    RAMSAY_HUNT = "ramsay_hunt"
    VESTIBULAR_SCHWANNOMA = "vestibular_schwannoma"
    PAROTID = "parotid"
    STROKE = "stroke"
    VOLUNTEER = "volunteer"


class Treatment(StrEnum):
    STEROIDS = "steroids"
    ANTIVIRALS = "antivirals"
    THERAPY = "therapy"
    BOTULINUM = "botulinum"
    SURGERY = "surgery"


@dataclass(frozen=True, slots=True)
class TreatmentGiven:
    kind: Treatment
    start_day: int
    end_day: int | None
    label: str


@dataclass(frozen=True, slots=True)
class FictionalSession:
    day: int  # since onset
    note: str  # for whoever shows the demonstration
    spec: PatientSpec

    @property
    def refused(self) -> bool:
        """The recording is too bad to be measured, and should be refused with a reason."""
        return self.spec.trouble is not Trouble.NONE


@dataclass(frozen=True, slots=True)
class FictionalPatient:
    key: str
    name: str  # clearly fictional
    birth_year: int
    cause: Cause
    affected_side: AffectedSide
    onset_days_ago: int  # before the day of the demonstration
    story: str
    treatments: tuple[TreatmentGiven, ...]
    sessions: tuple[FictionalSession, ...]


@dataclass(frozen=True, slots=True)
class _Visit:
    """One line of a course: day, weakness of brow, eye and mouth, resting asymmetry, synkinesis."""

    day: int
    brow: float
    eye: float
    mouth: float
    rest: float = 0.0  # of the resting asymmetry, 0-1
    oral_ocular: float = 0.0
    ocular_oral: float = 0.0
    trouble: Trouble = Trouble.NONE
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Person:
    """What stays the same through one patient's visits."""

    key: str
    identity: int
    side: AffectedSide
    side_gain: tuple[float, float] = (1.0, 0.97)

    def session(self, index: int, visit: _Visit) -> FictionalSession:
        found = ((ORAL_OCULAR, visit.oral_ocular), (OCULAR_ORAL, visit.ocular_oral))
        healthy = self.side is AffectedSide.NONE
        eye_rest = visit.rest * (visit.eye > 0.1)
        spec = PatientSpec(
            video_id=f"{self.key}-{index + 1}",
            subject_id=self.key,
            identity=self.identity,
            seed=self.identity * 100 + index,
            affected_side=self.side,
            weakness=Weakness() if healthy else Weakness(visit.brow, visit.eye, visit.mouth),
            resting=Resting() if healthy else Resting(visit.rest * min(1, 2 * visit.brow), eye_rest, visit.rest),
            synkinesis=tuple(Synkinesis(kind, strength) for kind, strength in found if strength > 0),
            side_gain=self.side_gain,
            pace=_PACE,
            trouble=visit.trouble,
            session=SessionOf(index, visit.day),
        )
        return FictionalSession(visit.day, visit.note, spec)

    def sessions(self, *visits: _Visit) -> tuple[FictionalSession, ...]:
        return tuple(self.session(i, visit) for i, visit in enumerate(visits))


def cohort() -> list[FictionalPatient]:
    """The demonstration's patients, each with four to six recorded sessions in order of time."""
    return [
        _full_recovery(),
        _plateau(),
        _growing_synkinesis(),
        _slow_and_severe(),
        _lower_face_only(),
        _central(),
        _volunteer(),
        _ocular_oral(),
    ]


def _full_recovery() -> FictionalPatient:
    person = _Person("robin-fable", 5, AffectedSide.LEFT)
    return FictionalPatient(
        person.key,
        "Robin Fable",
        1979,
        Cause.BELL,
        person.side,
        onset_days_ago=142,
        story="Bell's palsy of the left side, treated early, recovers fully within four months.",
        treatments=(
            TreatmentGiven(Treatment.STEROIDS, 1, 10, "Prednisolone, ten days"),
            TreatmentGiven(Treatment.THERAPY, 21, 90, "Facial therapy, weekly"),
        ),
        sessions=person.sessions(
            _Visit(6, 0.95, 0.72, 0.85, 0.60, note="First week"),
            _Visit(21, 0.75, 0.45, 0.62, 0.40),
            _Visit(42, 0.45, 0.24, 0.38, 0.22),
            _Visit(70, 0.22, 0.10, 0.18, 0.08),
            _Visit(104, 0.06, 0.03, 0.07, 0.02),
            _Visit(139, 0.02, 0.0, 0.02, 0.0, note="Recovered"),
        ),
    )


def _plateau() -> FictionalPatient:
    person = _Person("alex-sample", 6, AffectedSide.RIGHT, (0.96, 1.0))
    return FictionalPatient(
        person.key,
        "Alex Sample",
        1958,
        Cause.RAMSAY_HUNT,
        person.side,
        onset_days_ago=250,
        story="Ramsay Hunt syndrome of the right side; better for two months, then no further change.",
        treatments=(
            TreatmentGiven(Treatment.STEROIDS, 3, 13, "Prednisolone"),
            TreatmentGiven(Treatment.ANTIVIRALS, 3, 10, "Valaciclovir"),
            TreatmentGiven(Treatment.THERAPY, 40, None, "Facial therapy, home programme"),
        ),
        sessions=person.sessions(
            _Visit(14, 1.0, 0.80, 0.90, 0.65),
            _Visit(45, 0.85, 0.62, 0.72, 0.50),
            _Visit(82, 0.70, 0.48, 0.58, 0.42),
            _Visit(140, 0.68, 0.47, 0.56, 0.42, note="No change since the last visit"),
            _Visit(238, 0.69, 0.46, 0.57, 0.40, note="No change in half a year"),
        ),
    )


def _growing_synkinesis() -> FictionalPatient:
    person = _Person("kim-invented", 3, AffectedSide.RIGHT)
    return FictionalPatient(
        person.key,
        "Kim Invented",
        1986,
        Cause.BELL,
        person.side,
        onset_days_ago=410,
        story="Movement returns on the right, and from the fifth month the eye closes with every smile.",
        treatments=(
            TreatmentGiven(Treatment.STEROIDS, 2, 12, "Prednisolone"),
            TreatmentGiven(Treatment.THERAPY, 150, 330, "Neuromuscular retraining"),
            TreatmentGiven(Treatment.BOTULINUM, 345, None, "Botulinum toxin, orbicularis oculi"),
        ),
        sessions=person.sessions(
            _Visit(20, 0.95, 0.75, 0.85, 0.55),
            _Visit(80, 0.70, 0.42, 0.55, 0.30),
            _Visit(150, 0.50, 0.28, 0.38, 0.15, oral_ocular=0.28, note="First sign of synkinesis"),
            _Visit(220, 0.42, 0.22, 0.30, 0.05, oral_ocular=0.55),
            _Visit(320, 0.38, 0.20, 0.28, 0.0, oral_ocular=0.75, note="Eye closes with every smile"),
            _Visit(390, 0.38, 0.24, 0.28, 0.0, oral_ocular=0.35, note="Six weeks after botulinum toxin"),
        ),
    )


def _slow_and_severe() -> FictionalPatient:
    person = _Person("sam-imaginary", 4, AffectedSide.LEFT, (1.0, 0.95))
    return FictionalPatient(
        person.key,
        "Sam Imaginary",
        1964,
        Cause.VESTIBULAR_SCHWANNOMA,
        person.side,
        onset_days_ago=400,
        story="Complete palsy of the left side after removal of a vestibular schwannoma; slow, partial return.",
        treatments=(
            TreatmentGiven(Treatment.SURGERY, 0, 0, "Removal of the tumour"),
            TreatmentGiven(Treatment.SURGERY, 60, 60, "Upper lid weight"),
            TreatmentGiven(Treatment.THERAPY, 120, None, "Facial therapy"),
        ),
        sessions=person.sessions(
            _Visit(12, 1.0, 0.98, 1.0, 0.90),
            _Visit(90, 1.0, 0.95, 0.97, 0.90),
            _Visit(180, 1.0, 0.85, 0.88, 0.75, note="First flicker of movement"),
            _Visit(270, 0.96, 0.72, 0.78, 0.60),
            _Visit(385, 0.92, 0.60, 0.68, 0.50),
        ),
    )


def _lower_face_only() -> FictionalPatient:
    person = _Person("jo-placeholder", 8, AffectedSide.LEFT)
    return FictionalPatient(
        person.key,
        "Jo Placeholder",
        1971,
        Cause.PAROTID,
        person.side,
        onset_days_ago=190,
        story="Parotid surgery on the left; only the lower face is weak, brow and eye are spared.",
        treatments=(
            TreatmentGiven(Treatment.SURGERY, 0, 0, "Parotidectomy"),
            TreatmentGiven(Treatment.THERAPY, 14, 120, "Facial therapy"),
        ),
        sessions=person.sessions(
            _Visit(9, 0.0, 0.03, 0.75, 0.40),
            _Visit(45, 0.0, 0.02, 0.60, 0.32),
            _Visit(60, 0.0, 0.02, 0.55, 0.30, trouble=Trouble.DARK, note="Recorded in the dark: not usable"),
            _Visit(95, 0.0, 0.0, 0.40, 0.20),
            _Visit(175, 0.0, 0.0, 0.22, 0.10),
        ),
    )


def _central() -> FictionalPatient:
    person = _Person("toni-mockup", 11, AffectedSide.RIGHT)
    return FictionalPatient(
        person.key,
        "Toni Mockup",
        1949,
        Cause.STROKE,
        person.side,
        onset_days_ago=120,
        story="Stroke: weak right mouth with a brow that moves, the pattern of a central palsy.",
        treatments=(TreatmentGiven(Treatment.THERAPY, 7, None, "Speech and facial therapy"),),
        sessions=person.sessions(
            _Visit(8, 0.02, 0.12, 0.65, 0.40),
            _Visit(36, 0.02, 0.08, 0.48, 0.28),
            _Visit(72, 0.0, 0.04, 0.35, 0.18),
            _Visit(112, 0.0, 0.03, 0.30, 0.14),
        ),
    )


def _volunteer() -> FictionalPatient:
    person = _Person("charlie-madeup", 7, AffectedSide.NONE, (0.98, 1.0))
    return FictionalPatient(
        person.key,
        "Charlie Madeup",
        1990,
        Cause.VOLUNTEER,
        person.side,
        onset_days_ago=100,
        story="A healthy volunteer: what differs between the visits is the error of the measurement.",
        treatments=(),
        sessions=person.sessions(_Visit(0, 0, 0, 0), _Visit(30, 0, 0, 0), _Visit(61, 0, 0, 0), _Visit(95, 0, 0, 0)),
    )


def _ocular_oral() -> FictionalPatient:
    person = _Person("nia-nonesuch", 9, AffectedSide.RIGHT, (0.97, 0.99))
    return FictionalPatient(
        person.key,
        "Nia Nonesuch",
        1995,
        Cause.BELL,
        person.side,
        onset_days_ago=300,
        story="The right side recovers well, but the mouth pulls along when the eyes close.",
        treatments=(
            TreatmentGiven(Treatment.STEROIDS, 1, 11, "Prednisolone"),
            TreatmentGiven(Treatment.THERAPY, 170, None, "Neuromuscular retraining"),
        ),
        sessions=person.sessions(
            _Visit(10, 0.92, 0.65, 0.80, 0.50),
            _Visit(60, 0.55, 0.35, 0.48, 0.25),
            _Visit(120, 0.32, 0.18, 0.26, 0.08, ocular_oral=0.25),
            _Visit(200, 0.20, 0.10, 0.15, 0.0, ocular_oral=0.50, note="Mouth pulls when the eyes close"),
            _Visit(290, 0.15, 0.08, 0.12, 0.0, ocular_oral=0.40),
        ),
    )
