"""Drawn people as data sets see them: recordings, and what following their faces would give."""

from pathlib import Path

import numpy as np

from analysis.contracts import MouthMotionLabel
from analysis.training.prepare import Seen
from analysis.training.recording import Intensities, Movement, Recording
from tests.analysis.systems.cartoons import Look, five, landmarks, picture

FRAMES = 8
UNITS = ("AU1", "AU12")


def strength(frame: int) -> float:
    """Rest, movement, rest."""
    return float(np.sin(np.pi * frame / (FRAMES - 1)))


def look_of(subject: int, grade: int, exercise: int, frame: int) -> Look:
    """A smile (0) or a brow raise (1); the palsied side, drawn from the subject, achieves less the worse the grade."""
    done = 1 - (grade - 1) / 5
    moved = (strength(frame), strength(frame) * done)
    if subject % 2:
        moved = moved[::-1]
    still = (0.0, 0.0)
    return Look(smile=moved if exercise == 0 else still, brow=moved if exercise else still, seed=subject)


def recording(subject: int, grade: int, exercise: int, *, people: str = "synthetic") -> Recording:
    looks = [look_of(subject, grade, exercise, f) for f in range(FRAMES)]
    left, right = ([[5 * x.brow[s], 5 * x.smile[s]] for x in looks] for s in (0, 1))
    mouth = MouthMotionLabel.SMILE if exercise == 0 else MouthMotionLabel.NONE
    return Recording(
        dataset=people,
        people=people,
        subject=f"s{subject}",
        name=f"s{subject}-{exercise}",
        files=(Path(__file__),),
        rate_hz=6.0,
        house_brackmann=grade,
        palsy=grade > 1,
        intensities=Intensities(UNITS, np.array(left), np.array(right)),
        movements=(Movement(0, FRAMES - 1, mouth),),
    )


def seen(of: Recording, kept: Path) -> Seen:
    """Takes the place of `prepare.look`."""
    subject, exercise = int(of.subject[1:]), int(of.name[-1])
    points = [landmarks(look_of(subject, of.house_brackmann, exercise, f)) for f in range(FRAMES)]
    times = [f / of.rate_hz for f in range(FRAMES)]
    pictures = [picture(p) for p in points]
    return Seen(list(range(FRAMES)), times, pictures, points, [five(p) for p in points])


def cast(people: int, grades: tuple[int, ...] = (1, 5)) -> list[Recording]:
    return [recording(s, grades[s // 2 % len(grades)], exercise) for s in range(people) for exercise in (0, 1)]
