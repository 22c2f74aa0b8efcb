"""The 68 MultiPIE points on the ICT face model, and which of them the truth measures.

Source: the vertex numbers in the README of ICT-FaceKit (USC-ICT/ICT-FaceKit). Order of the points: jaw 0-16 from the
subject's right to the left, brows 17-26, nose 27-35, eyes 36-47, outer lips 48-59, inner lips 60-67.
"""

from __future__ import annotations

from typing import Final

from analysis.synthetic.geometry import Anatomy

VERTICES: Final = (
    1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088, 3443,
    268, 493, 1914, 2044, 1401, 3615, 4240, 4114, 2734, 2509,
    978, 4527, 4942, 4857, 1140, 2075, 1147, 4269, 3360,
    1507, 1542, 1537, 1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732,
    5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957, 5841,
    5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966,
)  # fmt: skip

MULTIPIE: Final = Anatomy(
    upper_lid=((43, 44), (37, 38)),
    lower_lid=((47, 46), (41, 40)),
    eye_corners=((45, 42), (36, 39)),
    brow=((22, 23, 24, 25, 26), (17, 18, 19, 20, 21)),
    mouth_corner=(54, 48),
    upper_lip=((52, 53), (49, 50)),
    lower_lip=((55, 56), (58, 59)),
    lip_edges=((63, 65), (61, 67)),
    keypoints={
        "right_eye_outer": 36,
        "right_eye_inner": 39,
        "left_eye_inner": 42,
        "left_eye_outer": 45,
        "right_mouth_corner": 48,
        "left_mouth_corner": 54,
        "right_brow_mid": 19,
        "left_brow_mid": 24,
        "nose_tip": 30,
        "chin": 8,
        "upper_lip_mid": 51,
        "lower_lip_mid": 57,
    },
)
