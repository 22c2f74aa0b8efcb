"""The parts of a report, each a frozen dataclass. Not measured is `None`, never 0."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from analysis.contracts.names import (
    AffectedSide,
    Exercise,
    Mirrored,
    MouthMotionLabel,
    PublishedSystem,
    SegmentSource,
    Side,
    SynkinesisKind,
    WeakerSide,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal or a warning: a stable code, and a sentence the patient understands and can act on."""

    code: str
    message: str
    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What decoding showed, never what the header claimed."""

    sha256: str
    container: str
    codec: str
    duration_s: float
    frame_count: int
    fps: float
    width: int  # pixels, upright
    height: int
    rotation_deg: int  # clockwise turn that was applied to show the picture upright
    mirrored: Mirrored


@dataclass(frozen=True, slots=True)
class Quality:
    detected_fraction: float  # share of frames with a measured face, 0-1
    face_width_px: float | None  # median
    sharpness: float | None  # variance of the Laplacian of the face at 128 px, median
    brightness: float | None  # mean grey level of the face, 0-255, median
    yaw_deg_p95: float | None
    pitch_deg_p95: float | None
    faces_max: int
    score: float  # 0 unusable .. 1 as good as a clinic recording


@dataclass(frozen=True, slots=True)
class Frames:
    time_s: list[float]
    detected: list[bool]


@dataclass(frozen=True, slots=True)
class ActionUnits:
    """Per frame and side; a frame that was not measured is null."""

    names: list[str]
    left: list[list[float | None] | None]
    right: list[list[float | None] | None]
    method: str
    origin: str


@dataclass(frozen=True, slots=True)
class Movement:
    """Share of the movement each side achieves; index = (L-R)/max(L,R)."""

    left: float | None
    right: float | None
    asymmetry_index: float | None


@dataclass(frozen=True, slots=True)
class Segment:
    exercise: Exercise
    start_s: float
    end_s: float
    apex_s: float | None
    confidence: float
    source: SegmentSource
    movement: Movement | None


@dataclass(frozen=True, slots=True)
class MouthMotion:
    start_s: float
    end_s: float
    label: MouthMotionLabel
    confidence: float


@dataclass(frozen=True, slots=True)
class Measure:
    left: float | None
    right: float | None
    difference: float | None  # left minus right
    ratio: float | None  # smaller over larger
    unit: str
    exercise: Exercise


@dataclass(frozen=True, slots=True)
class RegionResult:
    active_mean_left: float | None
    active_mean_right: float | None
    delta_am: float | None  # sum over the region's AUs of AM_left - AM_right (Niu et al., eq. 6)
    weaker_side: WeakerSide | None


@dataclass(frozen=True, slots=True)
class AffectedSideResult:
    side: AffectedSide
    confidence: float


@dataclass(frozen=True, slots=True)
class SynkinesisPair:
    side: Side
    moved: str  # the AU (or exercise) that was meant
    followed: str  # the AU that came along
    strength: float  # follower per unit of trigger
    kind: SynkinesisKind | None


@dataclass(frozen=True, slots=True)
class Matrices:
    """Rows: the AU that follows (i), columns: the one given (j); P(i | j), equations 7-9. None: j never active."""

    left_left: list[list[float | None]]
    left_right: list[list[float | None]]
    right_left: list[list[float | None]]
    right_right: list[list[float | None]]
    right_minus_left: list[list[float | None]]
    left_minus_right: list[list[float | None]]


@dataclass(frozen=True, slots=True)
class Synkinesis:
    present: bool | None
    pairs: list[SynkinesisPair]
    matrices: Matrices | None


@dataclass(frozen=True, slots=True)
class HouseBrackmann:
    grade: int  # 1-6, most likely
    probabilities: list[float]  # six, sum 1
    method: str
    origin: str


@dataclass(frozen=True, slots=True)
class SeverityLevel:
    level: int  # 1-3
    probabilities: list[float]
    method: str
    origin: str


@dataclass(frozen=True, slots=True)
class Palsy:
    probability: float
    method: str
    origin: str


@dataclass(frozen=True, slots=True)
class ScaleItem:
    value: float | None
    missing: str | None = None  # the exercise or measure without which the item has no value


@dataclass(frozen=True, slots=True)
class Scale:
    items: dict[str, ScaleItem]
    total: float | None
    missing: list[str]
    method: str
    note: str


@dataclass(frozen=True, slots=True)
class Scales:
    fngs2: Scale | None
    sunnybrook: Scale | None
    auto_eface: Scale | None


@dataclass(frozen=True, slots=True)
class WeightsUsed:
    id: str
    sha256: str
    training_data: str  # one word: synthetic, DISFA+, clinic


@dataclass(frozen=True, slots=True)
class Origin:
    code_version: str
    device: str
    seconds: float
    stages: dict[str, float]
    weights: list[WeightsUsed]


@dataclass(frozen=True, slots=True)
class MeasurementError:
    """Smallest change that one patient's repeat shows with 95 % confidence (MDC95), in the measure's own unit."""

    mdc95: float
    unit: str
    origin: str


@dataclass(frozen=True, slots=True)
class SystemAnswer:
    """One thing that a published system says of a whole recording; probabilities are means over what it looked at.

    `target`: house_brackmann, mouth_motion, severity_level, palsy or action_units. `value` is the most likely class
    (a grade is never a mean); for palsy its probability. In trials of the face detection also face_detection, whose
    value is the share of frames in which the face was found.
    """

    target: str
    value: float | int | str | None
    probabilities: dict[str, float] = field(default_factory=dict)  # class -> probability
    looked_at: int = 0  # clips, sequences or frames
    parts: dict[str, Any] = field(default_factory=dict)  # JSON-able: per exercise, per action unit, per region


@dataclass(frozen=True, slots=True)
class SystemResult:
    """What one published system says beside the landmark path, or why it says nothing."""

    system: PublishedSystem
    method: str
    answers: list[SystemAnswer] = field(default_factory=list)
    weights: WeightsUsed | None = None
    experimental: bool = True
    reason: str | None = None  # why there are no answers, in words
    device: str = "cpu"
    seconds: float = 0.0
