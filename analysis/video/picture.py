"""From a decoded frame to the upright RGB picture: scaled once, turned, mirrored back, high dynamic range folded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

RGB = npt.NDArray[np.uint8]

_PQ, _HLG = 16, 18  # transfer characteristics, ITU-T H.273 table 3
_SDR_WHITE_NITS: Final = 203.0  # reference white of HDR programmes, ITU-R BT.2408


@dataclass(frozen=True, slots=True)
class Orientation:
    """Quarter turns and mirror of a display matrix: out(x', y') = in(x, y) with (x', y') = ((a, c), (b, d)) (x, y)."""

    a: int = 1
    b: int = 0
    c: int = 0
    d: int = 1

    @property
    def swaps_axes(self) -> bool:
        return self.a == 0

    @property
    def mirrors(self) -> bool:
        return self.a * self.d - self.b * self.c < 0

    @property
    def clockwise_deg(self) -> int:
        """Clockwise turn that follows the mirror (if any) about the vertical axis."""
        x = -self.a if self.mirrors else self.a
        y = -self.b if self.mirrors else self.b
        return {(1, 0): 0, (0, 1): 90, (-1, 0): 180, (0, -1): 270}[x, y]

    def apply(self, picture: RGB) -> RGB:
        """(h, w, 3) as stored -> upright; (w, h, 3) when the axes are swapped."""
        if self.swaps_axes:
            picture, across, down = picture.transpose(1, 0, 2), self.c, self.b
        else:
            across, down = self.a, self.d
        return picture[:: down or 1, :: across or 1]


def orientation_of(matrix: bytes | None) -> Orientation:
    """Nearest quarter turn to FFmpeg's display matrix (nine native int32: a b u c d v x y w, 16.16 and 2.30).

    The linear part alone matters: the offsets only move the picture back into view. A damaged matrix is no turn.
    """
    if matrix is None or len(matrix) < 36:
        return Orientation()
    a, b, _, c, d, *_ = np.frombuffer(matrix[:36], np.int32).astype(np.float64)
    if abs(a * d - b * c) < 1.0:
        return Orientation()
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(a=int(np.sign(a)) or 1, d=int(np.sign(d)) or 1)
    return Orientation(a=0, b=int(np.sign(b)) or 1, c=int(np.sign(c)) or 1, d=0)


def to_rgb(frame: Any, width: int, height: int, scaler: Any) -> RGB:
    """A PyAV frame as (height, width, 3) 8-bit RGB of standard dynamic range, in the orientation it is stored in.

    `scaler` is one `av.video.reformatter.VideoReformatter` for the whole video: a new one a frame is slow, and its
    threads outlive it.
    """
    scaled = scaler.reformat(frame, width=width, height=height, format="rgb24", interpolation="AREA", threads=1)
    rgb: RGB = scaled.to_ndarray()
    return np.take(sdr_curve(frame.color_trc), rgb) if frame.color_trc in (_PQ, _HLG) else rgb


@lru_cache(maxsize=2)
def sdr_curve(transfer: int) -> RGB:
    """(256,) HLG or PQ code value -> code value of standard dynamic range, one curve for each of R, G and B.

    The signal is turned to light (ITU-R BT.2100), light up to 80 % of reference white (BT.2408: 203 nits, 75 % HLG)
    is kept, what is brighter rolls off, and the sum is encoded for a BT.1886 display. Colours stay those of BT.2020,
    a little pale: only light and shape are measured.
    """
    signal = np.arange(256) / 255.0
    nits = _pq_nits(signal) if transfer == _PQ else _hlg_nits(signal)
    light = nits / _SDR_WHITE_NITS
    knee = 0.8
    rolled = knee + (1.0 - knee) * (1.0 - np.exp(-(light - knee) / (1.0 - knee)))
    light = np.clip(np.where(light > knee, rolled, light), 0.0, 1.0)
    curve: RGB = np.round(255.0 * light ** (1 / 2.4)).astype(np.uint8)
    return curve


def _pq_nits(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """SMPTE ST 2084 (BT.2100 table 4): cd/m2 of a display."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = signal ** (1 / m2)
    nits: npt.NDArray[np.float64] = 10000.0 * (np.maximum(power - c1, 0.0) / (c2 - c3 * power)) ** (1 / m1)
    return nits


def _hlg_nits(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """ARIB STD-B67 (BT.2100 table 5): cd/m2 on a display of 1,000 cd/m2, system gamma 1.2."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3.0, (np.exp((signal - c) / a) + b) / 12.0)
    nits: npt.NDArray[np.float64] = 1000.0 * scene**1.2
    return nits


def fit(picture: RGB, width: int, height: int) -> RGB:
    """A picture placed in the middle of a black one of another size, cropped or padded (never stretched)."""
    canvas = np.zeros((height, width, 3), np.uint8)
    h, w = min(height, picture.shape[0]), min(width, picture.shape[1])
    from_y, from_x = (picture.shape[0] - h) // 2, (picture.shape[1] - w) // 2
    to_y, to_x = (height - h) // 2, (width - w) // 2
    canvas[to_y : to_y + h, to_x : to_x + w] = picture[from_y : from_y + h, from_x : from_x + w]
    return canvas
