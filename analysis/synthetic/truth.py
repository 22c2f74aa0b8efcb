"""What is true of a synthetic video, as JSON in the form `facial-palsy-gt/1`. Everything in it is synthetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.contracts import AffectedSide, Exercise, Region
from analysis.synthetic.camera import CAPTION, HeadMotion
from analysis.synthetic.geometry import FACEMESH, Anatomy, measure
from analysis.synthetic.mesh import LEFT, RIGHT, Points
from analysis.synthetic.patient import FOLLOWERS, HOUSE_BRACKMANN_RULE, Activations, PatientSpec
from analysis.synthetic.portrait import SOURCE
from analysis.synthetic.protocol import TESTS, Act, Performance

FORMAT: Final = "facial-palsy-gt/1"
GENERATOR: Final = "seventh synthetic 1"
_WEAK_FROM = 0.08  # weakness below this is not asked for
_RESTING_FROM = 0.15
_CLEAR = 0.12  # asymmetry indices below this have no sign
_FULL_GAP = 0.16  # inner-lip gap, inter-ocular distances, that is AU25 at 5
_LETTERS = (("L", LEFT), ("R", RIGHT))


@dataclass(frozen=True, slots=True)
class Making:
    """How a kind of synthetic face is made, and which of its points are what."""

    generator: str
    source: str
    anatomy: Anatomy
    au_note: str
    geometry_note: str


PUPPET: Final = Making(
    generator=GENERATOR,
    source=f"photographic puppet from {SOURCE}",
    anatomy=FACEMESH,
    au_note="au_active = 5 * activation of the warp (voluntary and synkinetic), not a FACS coder's rating",
    geometry_note="face frame, head motion removed, unit = inter-ocular distance; FaceMesh points",
)


@dataclass(frozen=True, slots=True)
class Truth:
    """One synthetic video and everything known about it."""

    spec: PatientSpec
    video: str  # file name
    size: tuple[int, int]  # width, height, pixels
    fps: int
    performance: Performance
    active: Activations
    involuntary: Activations
    points: Points  # (n, k, 2) face frame, head motion removed
    pixels: Points  # (n, k, 2) in the recorded frame
    head: HeadMotion
    making: Making = PUPPET  # says which the k points are
    visible: Activations | None = None  # with the resting shape, where a face is told apart from its muscles
    more: Mapping[str, Any] = field(default_factory=dict)  # keys that only this kind of face has

    def to_json(self) -> dict[str, Any]:
        spec, made, frames = self.spec, self.making, len(self.performance.time_s)
        geometry = measure(self.points, made.anatomy)
        sign = {AffectedSide.LEFT: -1, AffectedSide.RIGHT: 1}.get(spec.affected_side, 0)
        return {
            "format": FORMAT,
            "synthetic": True,
            "notice": f"{CAPTION}. Nothing here was measured on a human being.",
            "generator": made.generator,
            "source": made.source,
            "video": self.video,
            "width": self.size[0],
            "height": self.size[1],
            "fps": self.fps,
            "frames": frames,
            "duration_s": round(frames / self.fps, 3),
            "mirrored": spec.mirrored,
            "side_convention": "L/left and R/right are the subject's own sides",
            "subject_id": spec.subject_id,
            "condition": spec.condition if spec.trouble == "none" else spec.trouble.value,
            "session": _session(spec),
            "affected_side": spec.affected_side.value,
            "spec": spec.to_json(),
            "nominal_house_brackmann": spec.house_brackmann,
            "hb_rule": HOUSE_BRACKMANN_RULE,
            "region_sign_left_minus_right": {r.value: sign if spec.weakness.of(r) >= _WEAK_FROM else 0 for r in Region},
            "rest_asymmetry_left_minus_right": _rest_asymmetry(geometry, int(0.9 * self.fps)),
            "resting_sign_left_minus_right": {
                "brow_height": sign * (spec.resting.brow_droop >= _RESTING_FROM),
                "eye_aperture": -sign * (spec.resting.wide_fissure >= _RESTING_FROM),
                "mouth_corner_y": sign * (spec.resting.mouth_droop >= _RESTING_FROM),
            },
            "segments": [_segment(act) for act in self.performance.acts],
            "exercises": [self._exercise(a, geometry) for a in self.performance.acts if a.exercise in TESTS],
            "spontaneous_blinks": [{"start": a, "end": b} for a, b in self.performance.blinks],
            "synkinesis_pairs": _pairs(spec),
            "au_note": made.au_note,
            "au_active": self._units(self.active, geometry["lip_gap"]),
            **({} if self.visible is None else {"au_visible": self._units(self.visible, geometry["lip_gap"])}),
            "involuntary": {
                f"{unit}_{letter}": _rounded(a[:, side], 3)
                for unit, a in self.involuntary.items()
                for letter, side in _LETTERS
                if a[:, side].any()
            },
            "geometry_note": made.geometry_note,
            "geometry": {name: _sides(values, 4) for name, values in geometry.items()},
            "head_pose_deg": {name: _rounded(getattr(self.head, name), 2) for name in ("pitch", "yaw", "roll")},
            "keypoints_2d": {
                name: [[round(float(x), 1), round(float(y), 1)] for x, y in self.pixels[:, i]]
                for name, i in made.anatomy.keypoints.items()
            },
            **self.more,
        }

    def timeline_json(self) -> dict[str, Any]:
        """What a guided capture would have known: the exercises' times."""
        return {
            "segments": [
                {"exercise": a.exercise.value, "start_s": a.start_s, "end_s": a.end_s} for a in self.performance.acts
            ]
        }

    def _units(self, done: Activations, gap: Points) -> dict[str, dict[str, list[float]]]:
        units = {unit: _sides(5 * np.clip(a, 0, 1), 2) for unit, a in done.items()}
        opened = gap - np.median(gap[: max(int(0.9 * self.fps), 1)], axis=0)
        units["AU25"] = _sides(5 * np.clip(opened / _FULL_GAP, 0, 1), 2)
        units["AU43"] = units["AU45"]
        return units

    def _exercise(self, act: Act, geometry: Mapping[str, Points]) -> dict[str, Any]:
        region, units, name = TESTS[act.exercise]
        apex = slice(int(np.ceil(act.apex_start_s * self.fps)), int(act.apex_end_s * self.fps) + 1)
        rest = np.median(geometry[name][: max(int(0.9 * self.fps), 1)], axis=0)
        top = np.median(geometry[name][apex], axis=0)
        done = np.mean([np.median(self.active[u][apex], axis=0) for u in units], axis=0)
        amplitude = np.abs(top - rest)
        return {
            "name": act.exercise.value,
            "region": region.value,
            "activation": _pair(5 * done, 2),
            "activation_asymmetry_index": round(_index(done), 3),
            "activation_sign_left_minus_right": _sign(_index(done)),
            "measure": name,
            "rest_value": _pair(rest, 4),
            "apex_value": _pair(top, 4),
            "amplitude": _pair(amplitude, 4),
            "asymmetry_index": round(_index(amplitude), 3),
            "sign_left_minus_right": _sign(_index(amplitude)),
        }


def _session(spec: PatientSpec) -> dict[str, int] | None:
    if spec.session is None:
        return None
    return {"index": spec.session.index, "days_since_onset": spec.session.days_since_onset}


def _segment(act: Act) -> dict[str, Any]:
    if act.exercise is Exercise.REST:
        return {"name": "rest", "start": act.start_s, "end": act.end_s}
    return {
        "name": act.exercise.value,
        "start": act.start_s,
        "apex_start": act.apex_start_s,
        "apex_end": act.apex_end_s,
        "end": act.end_s,
        "effort": act.effort,
        **({"region": TESTS[act.exercise][0].value} if act.exercise in TESTS else {}),
    }


def _pairs(spec: PatientSpec) -> list[dict[str, Any]]:
    return [
        {
            "name": s.kind.value,
            "side": spec.affected_side.value,
            "strength": s.strength,
            "effects": [
                {"source": source, "target": target, "gain": round(s.strength * share, 3)}
                for source, target, share in FOLLOWERS[s.kind]
            ],
        }
        for s in spec.synkinesis
    ]


def _rest_asymmetry(geometry: Mapping[str, Points], first: int) -> dict[str, float]:
    names = ("brow_height", "eye_aperture", "mouth_corner_y", "mouth_corner_x")
    rest = {name: np.median(geometry[name][: max(first, 1)], axis=0) for name in names}
    return {name: round(float(v[LEFT] - v[RIGHT]), 4) for name, v in rest.items()}


def _index(sides: Points) -> float:
    """(L - R) / max(L, R)."""
    return float((sides[LEFT] - sides[RIGHT]) / max(float(sides.max()), 1e-6))


def _sign(index: float) -> int:
    return 0 if abs(index) < _CLEAR else int(np.sign(index))


def _pair(values: Points, digits: int) -> dict[str, float]:
    return {letter: round(float(values[side]), digits) for letter, side in _LETTERS}


def _sides(values: Points, digits: int) -> dict[str, list[float]]:
    return {letter: _rounded(values[:, side], digits) for letter, side in _LETTERS}


def _rounded(values: npt.NDArray[np.float64], digits: int) -> list[float]:
    return [float(v) for v in np.round(values, digits)]
