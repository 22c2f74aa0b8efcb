"""The words of the contracts: sides, regions, exercises, systems, units; their values travel and never change."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class AffectedSide(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    NONE = "none"
    BOTH = "both"


class WeakerSide(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    NONE = "none"


class Region(StrEnum):
    BROW = "brow"
    EYE = "eye"
    MOUTH = "mouth"


class Mirrored(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Exercise(StrEnum):
    REST = "rest"
    BROW_RAISE = "brow_raise"
    EYE_CLOSURE_GENTLE = "eye_closure_gentle"
    EYE_CLOSURE_TIGHT = "eye_closure_tight"
    SMILE_CLOSED = "smile_closed"
    SMILE_OPEN = "smile_open"
    PUCKER = "pucker"
    LOWER_LIP_DEPRESS = "lower_lip_depress"
    SNARL = "snarl"
    CHEEK_PUFF = "cheek_puff"
    SPEECH = "speech"
    BLINK = "blink"


class SegmentSource(StrEnum):
    TIMELINE = "timeline"
    RECOGNISED = "recognised"
    CORRECTED = "corrected"  # put right by a clinician


class MouthMotionLabel(StrEnum):
    NONE = "none"
    SMILE = "smile"
    OPEN = "open"
    OTHER = "other"


class ReportStatus(StrEnum):
    MEASURED = "measured"
    REFUSED = "refused"


class PublishedSystem(StrEnum):
    """The published systems that weights can be trained for: four answer beside the landmark path, one finds faces."""

    PALSYNET = "3dpalsynet"  # Storey et al. 2019
    DEM = "dem"  # Niu et al. 2024
    PHCNN_LSTM = "phcnn-lstm"  # Liu et al. 2020
    FUSION = "fusion"  # Oo, Lee and Lim 2024
    INTEGRATED = "integrated"  # Storey et al. 2018: the Integrated Deep Model, whose score may judge what is detected


ANSWERING: Final = tuple(system for system in PublishedSystem if system is not PublishedSystem.INTEGRATED)


class SynkinesisKind(StrEnum):
    ORAL_OCULAR = "oral-ocular"
    OCULAR_ORAL = "ocular-oral"
    BROW_ORAL = "brow-oral"
    ORAL_BROW = "oral-brow"
    SNARL_SMILE = "snarl-smile"
    MENTALIS = "mentalis"


AU_NAMES: Final = (
    "AU1",
    "AU2",
    "AU4",
    "AU5",
    "AU6",
    "AU7",
    "AU9",
    "AU10",
    "AU12",
    "AU14",
    "AU15",
    "AU16",
    "AU17",
    "AU18",
    "AU20",
    "AU25",
    "AU26",
    "AU43",
    "AU45",
)

# House-Brackmann grade -> level of PHCNN-LSTM (Liu et al. 2020, table I): I normal, II mild to moderate, III severe.
SEVERITY_LEVELS: Final[Mapping[int, int]] = {1: 1, 2: 2, 3: 2, 4: 2, 5: 3, 6: 3}
