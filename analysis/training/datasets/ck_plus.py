"""Extended Cohn-Kanade (Lucey et al. 2010): posed expressions from rest to their peak, as its README lays them out.

`cohn-kanade-images/S005/001/S005_001_00000011.png`, `FACS/S005/001/<last frame>_facs.txt` (the peak frame's action
units), `Emotion/S005/001/<last frame>_emotion.txt` (327 of 593 sequences only).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from analysis.contracts import AU_NAMES, MouthMotionLabel
from analysis.training.recording import Intensities, Movement, Recording, folders, listed, need

_MOUTH_UNITS: Final = {10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 22, 23, 24, 25, 28}
_OPEN_UNITS: Final = {26, 27}
_HAPPY: Final = 6.0


def read(root: Path) -> list[Recording]:
    """Every sequence. All are healthy volunteers: House-Brackmann I, no palsy.

    An intensity of 0 means present without a coded intensity, never absent. A sequence without a FACS file has no
    mouth motion label. Raises DatasetError when the pictures are missing.
    """
    images = need(root / "cohn-kanade-images", "CK+'s pictures")
    found = []
    for subject in folders(images):
        for sequence in folders(subject):
            files = listed(sequence, (".png",))
            if files:
                found.append(_recording(root, subject.name, sequence.name, files))
    return found


def _recording(root: Path, subject: str, sequence: str, files: list[Path]) -> Recording:
    units = _units(root / "FACS" / subject / sequence)
    emotion = _emotion(root / "Emotion" / subject / sequence)
    return Recording(
        dataset="CK+",
        people="CK+",
        subject=subject,
        name=f"{subject}_{sequence}",
        files=tuple(files),
        rate_hz=None,
        house_brackmann=1,
        palsy=False,
        intensities=_intensities(units, len(files)),
        movements=(Movement(0, len(files) - 1, mouth_motion(units, emotion)),),
        ends_at_apex=True,
    )


def _units(folder: Path) -> dict[int, float] | None:
    """Action unit -> intensity of the peak frame (0: present, not coded); None when the sequence is not coded."""
    files = listed(folder, (".txt",)) if folder.is_dir() else []
    if not files:
        return None
    rows = (line.split() for line in files[-1].read_text(encoding="ascii", errors="replace").splitlines())
    return {round(float(row[0])): float(row[1]) for row in rows if len(row) >= 2}


def _emotion(folder: Path) -> float | None:
    """0 neutral .. 6 happy, 7 surprise; None when the sequence is not labelled."""
    files = listed(folder, (".txt",)) if folder.is_dir() else []
    text = files[-1].read_text(encoding="ascii", errors="replace").split() if files else []
    return float(text[0]) if text else None


def mouth_motion(units: dict[int, float] | None, emotion: float | None) -> MouthMotionLabel | None:
    """What the mouth does, from coded units (3DPalsyNet's authors labelled by eye; this rule is ours)."""
    if units is None:
        return None
    if units.keys() & _OPEN_UNITS:
        return MouthMotionLabel.OPEN
    if 12 in units and (emotion in (None, _HAPPY)):
        return MouthMotionLabel.SMILE
    return MouthMotionLabel.OTHER if units.keys() & _MOUTH_UNITS else MouthMotionLabel.NONE


def _intensities(units: dict[int, float] | None, frames: int) -> Intensities | None:
    """First frame 0, peak frame as coded (present without intensity: not known), nothing in between."""
    if units is None:
        return None
    values = np.full((frames, len(AU_NAMES)), np.nan)
    values[0] = 0.0
    coded = [units.get(int(name[2:])) for name in AU_NAMES]
    values[-1] = [0.0 if v is None else v if v > 0 else np.nan for v in coded]
    return Intensities(AU_NAMES, values, values)
