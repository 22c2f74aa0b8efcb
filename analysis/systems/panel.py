"""The published systems on one video: the face is found and followed once, every system looks at the same frames."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import torch

from analysis.contracts import PublishedSystem, Segment, SystemResult
from analysis.devices import exactly
from analysis.faces.mesh import Mesh
from analysis.faces.track import Bools
from analysis.systems.dem import DemReader
from analysis.systems.fusion import FusionReader
from analysis.systems.palsynet import PalsyNetReader
from analysis.systems.phcnn import PhcnnReader
from analysis.systems.reader import Known, Reader
from analysis.systems.silent import silent
from analysis.video.picture import RGB
from analysis.weights.chosen import NO_PLACE, Wanted
from analysis.weights.loader import WeightsError
from analysis.weights.published import Loaded, load

logger = logging.getLogger(__name__)

READERS: Final[dict[PublishedSystem, Callable[[Loaded], Reader]]] = {
    PublishedSystem.PALSYNET: PalsyNetReader,
    PublishedSystem.DEM: DemReader,
    PublishedSystem.PHCNN_LSTM: PhcnnReader,
    PublishedSystem.FUSION: FusionReader,
}
_NOTHING: Final = "too few frames showed the face in the way that this system needs"
_FAILED: Final = "this system failed on this recording"
# A system beside the landmark path must not take the whole analysis with it; what stops a worker is none of these.
_FAULTS: Final = (ValueError, RuntimeError, ArithmeticError, LookupError, TypeError, cv2.error)


@dataclass(slots=True)
class _Seat:
    result: SystemResult
    reader: Reader | None = None


class Panel:
    """Shown every frame that has landmarks, asked once. No number ever comes from untrained or unapproved weights."""

    def __init__(self, wanted: Sequence[Wanted], device: str = "cpu") -> None:
        self._seats = [_seat(w, device) for w in wanted]

    def look(self, frame: int, time_s: float, picture: RGB, landmarks: Mesh) -> None:
        for seat in self._seats:
            if seat.reader is not None:
                with _Guard(seat):
                    seat.reader.look(frame, time_s, picture, landmarks)

    def results(self, believed: Bools, segments: Sequence[Segment]) -> list[SystemResult]:
        """One for each that was wanted, in that order; answers, or the reason why there are none.

        `believed`: (n,) the frames whose landmarks count. `segments`: the movements that were found.
        """
        known = Known(believed, segments)
        with torch.inference_mode(), exactly():
            return [_asked(seat, known) for seat in self._seats]


class _Guard:
    """Takes the time of one system's work; a fault ends this system's part and is told as its reason."""

    def __init__(self, seat: _Seat) -> None:
        self._seat, self._started = seat, 0.0

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        seat, spent = self._seat, time.perf_counter() - self._started
        seat.result = replace(seat.result, seconds=round(seat.result.seconds + spent, 4))
        if not isinstance(error, _FAULTS):
            return False
        logger.error("%s failed", seat.result.system, exc_info=error)
        seat.result, seat.reader = replace(seat.result, reason=_FAILED, answers=[]), None
        return True


def _seat(wanted: Wanted, device: str) -> _Seat:
    nobody = silent(wanted)
    if wanted.weights is None:
        return _Seat(nobody)
    try:
        loaded = load(wanted.weights, device)
    except WeightsError as error:
        logger.error("%s: %s", wanted.system, error)
        return _Seat(replace(nobody, reason=f"its weights were refused: {error}"))
    except RuntimeError:  # a GPU that is gone, or whose memory others have
        logger.exception("%s has no place on %s", wanted.system, device)
        return _Seat(replace(nobody, reason=NO_PLACE))
    if loaded.system is not wanted.system:
        return _Seat(replace(nobody, reason=f"its weights are of {loaded.system}"))
    experimental = loaded.experimental or wanted.weights.is_shipped
    there = replace(nobody, weights=loaded.used, experimental=experimental, reason=None, device=device)
    return _Seat(there, READERS[wanted.system](loaded))


def _asked(seat: _Seat, known: Known) -> SystemResult:
    if seat.reader is None:
        return seat.result
    with _Guard(seat):
        answers = seat.reader.answers(known)
        seat.result = replace(seat.result, answers=answers, reason=None if answers else _NOTHING)
    return seat.result
