"""What the mouth does when: none, smile, open or other, as in 3DPalsyNet's second head (Storey et al. 2019)."""

from __future__ import annotations

from typing import Final

import numpy as np

from analysis.action_units.estimator import SideActionUnits
from analysis.contracts import AU_NAMES, MouthMotion, MouthMotionLabel
from analysis.faces.anatomy import SIDES, Points
from analysis.faces.head import smooth
from analysis.motion.recognise import cheapest_path, frame_weight, runs

_LABELS: Final = (MouthMotionLabel.NONE, MouthMotionLabel.SMILE, MouthMotionLabel.OPEN, MouthMotionLabel.OTHER)
_OTHER: Final = ("AU10", "AU15", "AU16", "AU18", "AU20")
_QUIET: Final = 1.0  # intensity under which a unit does not make a motion
_MIN_S: Final = 0.3
_SMOOTHING_S: Final = 0.06
_SWITCH: Final = 3.0


def mouth_motions(units: SideActionUnits, time_s: Points) -> list[MouthMotion]:
    """Stretches of one label covering the video. By rule on the stronger half's units, smoothed by Viterbi's path.

    Smile: the corner puller leads. Open: lips part or the jaw drops without it. Other: any other lip movement leads.
    """
    if len(time_s) < 3:
        return []
    evidence = _evidence(units, time_s)
    path = cheapest_path(-evidence * frame_weight(time_s)[:, None], switch=_SWITCH)
    shown = []
    for state, first, last in runs(path):
        if time_s[last] - time_s[first] < _MIN_S:
            continue
        margin = evidence[first : last + 1, state] - np.delete(evidence[first : last + 1], state, axis=1).max(axis=1)
        sure = float(1.0 / (1.0 + np.exp(-2.0 * margin.mean())))
        shown.append(
            MouthMotion(round(float(time_s[first]), 3), round(float(time_s[last]), 3), _LABELS[state], round(sure, 3))
        )
    return shown


def _evidence(units: SideActionUnits, time_s: Points) -> Points:
    """(n, 4) how much speaks for each label, in units of intensity above quiet."""
    both = np.maximum(*(smooth(np.nan_to_num(units.side(side)), time_s, _SMOOTHING_S) for side in SIDES))
    smile = both[:, AU_NAMES.index("AU12")]
    opened = np.maximum(both[:, AU_NAMES.index("AU25")], both[:, AU_NAMES.index("AU26")])
    other = both[:, [AU_NAMES.index(name) for name in _OTHER]].max(axis=1)
    columns = [
        np.full(len(smile), _QUIET),
        smile,
        np.where(smile > _QUIET, 0.0, 0.9 * opened),
        np.where(smile > _QUIET, 0.0, other),
    ]
    return np.stack(columns, axis=1)
