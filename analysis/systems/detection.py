"""The Integrated Deep Model in face detection: MTCNN finds, the fused score of Storey et al. says what counts."""

from __future__ import annotations

import dataclasses
import logging
from functools import partial
from typing import Any, Final

from analysis.contracts import (
    PublishedSystem,
    ReportStatus,
    SessionReport,
    SystemAnswer,
    SystemResult,
    WeightsUsed,
    is_experimental,
)
from analysis.faces.mtcnn import DETECTOR_SIDE_PX, FaceDetector, Rescore
from analysis.weights.chosen import NO_PLACE, Chosen
from analysis.weights.loader import WeightsError

logger = logging.getLogger(__name__)

FACE_DETECTION: Final = "face_detection"  # its place in the details' `extras`
METHOD: Final = "MTCNN, judged by the Integrated Deep Model (Storey et al. 2018)"
_ALONE: Final = "MTCNN"


def detection_result(report: SessionReport, chosen: Chosen | None) -> SystemResult:
    """What one way of finding faces gave on a recording, so that two ways can be compared; `chosen` None: MTCNN alone.

    Refused weights are no answer, and so is a recording in which too little of a face was found.
    """
    told = report.details.extras.get(FACE_DETECTION) or {}
    used = WeightsUsed(**told["weights"]) if "weights" in told else None
    method = told.get("method", METHOD if chosen else _ALONE)
    result = SystemResult(PublishedSystem.INTEGRATED, method, weights=used)
    if chosen is not None and used is None and report.status is ReportStatus.MEASURED:
        return dataclasses.replace(result, reason=told.get("reason"))
    if report.frames is None or report.status is not ReportStatus.MEASURED:
        return dataclasses.replace(result, reason=report.problems[0].message if report.problems else "not measured")
    detected = report.frames.detected
    grade = report.house_brackmann.grade if report.house_brackmann else None
    share = round(sum(detected) / len(detected), 4)
    return dataclasses.replace(
        result, answers=[SystemAnswer(FACE_DETECTION, share, looked_at=len(detected), parts={"grade": grade})]
    )


class JudgedDetection:
    """Makes face detectors whose faces carry p_face (equation 2) in the place of MTCNN's own score.

    Weights are loaded at the first use. Refused ones leave MTCNN alone, and `told` says so: the measurements do not
    depend on them, but nobody is to believe that they were used.
    """

    def __init__(self, chosen: Chosen, device: str = "cpu") -> None:
        self._chosen, self._device = chosen, device
        self._judge: tuple[Rescore, float] | None = None
        self._refused: str | None = None

    def __call__(self, *, side_px: int = DETECTOR_SIDE_PX) -> FaceDetector:
        if self._judge is None and self._refused is None:
            self._load()
        if self._judge is None:
            return FaceDetector(side_px=side_px)
        rescore, least = self._judge
        return FaceDetector(side_px=side_px, rescore=rescore, min_score=least)

    @property
    def used(self) -> list[WeightsUsed]:
        """For the report's origin: a change of the detection breaks a curve like a change of any other weights."""
        card = self._chosen.card
        return [WeightsUsed(card["id"], card["sha256"], card["training"]["word"])] if self._judge else []

    @property
    def told(self) -> dict[str, Any]:
        """For the details: how faces were found, or why the score that was asked for was not used."""
        if not self._judge:
            return {"method": _ALONE, "reason": self._refused}
        (used,) = self.used
        experimental = self._chosen.is_shipped or is_experimental(self._chosen.card)
        return {"method": METHOD, "weights": dataclasses.asdict(used), "experimental": experimental}

    def _load(self) -> None:
        """Its own threshold counts, not MTCNN's: hidden landmarks weigh .75, so p_face of a sure face is below .9."""
        from analysis.faces.integrated.fan import Fan
        from analysis.faces.integrated.model import rescored
        from analysis.weights.published import load

        try:
            loaded = load(self._chosen, self._device)
        except WeightsError as error:
            logger.error("face detection: %s", error)
            self._refused = f"its weights were refused: {error}"
            return
        except RuntimeError:
            logger.exception("face detection has no place on %s", self._device)
            self._refused = NO_PLACE
            return
        if loaded.system is not PublishedSystem.INTEGRATED:
            self._refused = f"its weights are of {loaded.system}"
            return
        fan = loaded.networks["fan"]
        assert isinstance(fan, Fan)
        self._judge = partial(rescored, fan, cfg=loaded.cfg), loaded.cfg.min_score
