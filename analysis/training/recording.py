"""One recording of one person as a data set states it: where its frames are and what is known of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from analysis.contracts import MouthMotionLabel
from analysis.video.picture import RGB
from analysis.video.policy import Policy

Floats = npt.NDArray[np.float64]


class DatasetError(ValueError):
    """A folder does not hold the data set it was said to hold, or its labels contradict its layout."""


@dataclass(frozen=True, slots=True)
class Intensities:
    """Action unit intensity per frame, 0-5; NaN where a frame was not labelled. Sides are the person's own."""

    units: tuple[str, ...]  # (k,) as in `analysis.contracts.AU_NAMES`
    left: Floats  # (n, k)
    right: Floats  # (n, k); the same numbers where a data set labels both sides together


@dataclass(frozen=True, slots=True)
class Movement:
    """A part of a recording that is one facial movement: frames first .. last, both included."""

    first: int
    last: int
    mouth: MouthMotionLabel | None  # None: not labelled


@dataclass(frozen=True, slots=True)
class Recording:
    dataset: str  # as on the command line: "DISFA+"
    people: str  # data sets with the same people share this: "DISFA" for DISFA and DISFA+
    subject: str  # the person, within `people`
    name: str  # unique within the data set
    files: tuple[Path, ...]  # pictures in order, or one video
    rate_hz: float | None  # frames per second; None: not known
    labelled: tuple[int, ...] | None = None  # the frames that have labels, when not all do
    house_brackmann: int | None = None
    palsy: bool | None = None
    palsy_of_frame: npt.NDArray[np.int8] | None = None  # (n,) 1 palsy, 0 none, -1 not labelled
    intensities: Intensities | None = None
    movements: tuple[Movement, ...] = ()
    ends_at_apex: bool = False  # from rest to full expression only (CK+)

    @property
    def person(self) -> str:
        """Who it is, across data sets."""
        return f"{self.people}/{self.subject}"

    @property
    def is_video(self) -> bool:
        return len(self.files) == 1 and self.files[0].suffix.lower() in VIDEO_SUFFIXES

    def is_moving(self, frame: int, *, ends: float = 0.0) -> bool:
        """Whether a frame lies in a marked movement without this share of it at either end; yes where none is marked.

        A palsied face at rest can look like any other.
        """
        if not self.movements or self.ends_at_apex:
            return True
        margins = [(m, ends * (m.last - m.first)) for m in self.movements]
        return any(m.first + margin <= frame <= m.last - margin for m, margin in margins)


# Data sets hold what no patient should upload: a few frames a second (YFP has six).
OF_A_DATA_SET = Policy(min_fps=1.0, min_frames=2)
VIDEO_SUFFIXES = (".mp4", ".avi", ".mov", ".webm", ".mkv")
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp")


def pictures(recording: Recording) -> Iterator[tuple[float, RGB]]:
    """(seconds, (h, w, 3) RGB) of every frame. Pictures without a known rate count as 30 a second.

    Raises DatasetError when a picture cannot be read, VideoRefused for a video.
    """
    if recording.is_video:
        from analysis.video.decode import Video

        with Video(recording.files[0], policy=OF_A_DATA_SET) as video:
            yield from video
        return
    rate = recording.rate_hz or 30.0
    for i, path in enumerate(recording.files):
        yield i / rate, read_picture(path)


def read_picture(path: Path) -> RGB:
    """Raises DatasetError when the file is no picture. Grey pictures become RGB."""
    raw = np.frombuffer(path.read_bytes(), np.uint8)
    decoded = cv2.imdecode(raw, cv2.IMREAD_COLOR) if len(raw) else None
    if decoded is None:
        raise DatasetError(f"not a picture: {path}")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def listed(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """Files of a folder with one of the endings, whatever their case; what systems leave lying about is passed over."""
    found = [p for p in folder.iterdir() if p.suffix.lower() in suffixes and not p.name.startswith(".") and p.is_file()]
    return sorted(found)


def folders(root: Path) -> list[Path]:
    return sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith((".", "__MACOSX")))


def need(folder: Path, what: str) -> Path:
    """Raises DatasetError unless the folder is there."""
    if not folder.is_dir():
        raise DatasetError(f"{what} is missing: {folder}")
    return folder
