"""Small synthetic videos with known truth for tests; each is rendered once in a test session.

clip = puppet_clip(AffectedSide.LEFT)          # brow raise, gentle closure, open smile; about 4 s
clip.path, clip.truth                          # the mp4 and its truth (`facial-palsy-gt/1`)
"""

import atexit
import functools
import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.contracts import AffectedSide, Exercise
from analysis.synthetic.patient import PatientSpec, Resting, Weakness
from analysis.synthetic.render import render_session

THREE = (Exercise.BROW_RAISE, Exercise.EYE_CLOSURE_GENTLE, Exercise.SMILE_OPEN)


@dataclass(frozen=True)
class Clip:
    path: Path
    truth: dict[str, Any]
    spec: PatientSpec


def spec_of(side: AffectedSide = AffectedSide.NONE, **changes: Any) -> PatientSpec:
    """A brisk three-exercise clip; weak enough on the affected side to be seen, unless changed."""
    spec = PatientSpec("clip", "synthetic-test", identity=5, seed=2, exercises=THREE, pace=0.8)
    if side is not AffectedSide.NONE:
        spec = replace(spec, affected_side=side, weakness=Weakness(0.9, 0.9, 0.9), resting=Resting(0.3, 0.3, 0.3))
    return replace(spec, **changes)


@functools.cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="puppets-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def clip_of(spec: PatientSpec, size: tuple[int, int] = (480, 360), fps: int = 25) -> Clip:
    """The video of a spec; specs are frozen, so equal ones share one file."""
    out = _folder() / f"{abs(hash((spec, size, fps))):x}"
    render_session(spec, out, size=size, fps=fps)
    path = out / f"{spec.video_id}.mp4"
    return Clip(path, json.loads(path.with_suffix(".json").read_text()), spec)


def puppet_clip(side: AffectedSide = AffectedSide.NONE, **changes: Any) -> Clip:
    """`clip_of(spec_of(...))`: changes are fields of `PatientSpec`."""
    return clip_of(spec_of(side, **changes))
