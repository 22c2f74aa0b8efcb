"""OpenCV's picture functions with numpy types: its stubs know neither a map in one array nor which type comes back."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]  # (H, W, 3) RGB unless said otherwise
Plane = npt.NDArray[np.float32]  # (H, W) or (H, W, k)

_cv: Final[Any] = cv2


def remap(picture: npt.NDArray[Any], source: Plane, *, cubic: bool = False, outside: str = "zero") -> npt.NDArray[Any]:
    """`picture` at the (h, w, 2) pixel positions `source`; outside it is `zero` or the nearest `edge`."""
    method = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    border = cv2.BORDER_REPLICATE if outside == "edge" else cv2.BORDER_CONSTANT
    return np.asarray(_cv.remap(picture, source, None, method, borderMode=border))


def enlarge(plane: Plane, size: tuple[int, int], *, cubic: bool = False) -> Plane:
    """To (width, height), pixel centres kept in place."""
    method = cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR
    return np.asarray(_cv.resize(plane, size, interpolation=method), dtype=np.float32)


def blur(plane: npt.NDArray[Any], sigma: float) -> npt.NDArray[Any]:
    """Gaussian, sigma in pixels."""
    return np.asarray(_cv.GaussianBlur(plane, (0, 0), sigma))


def polygon(shape: tuple[int, ...], corners: npt.NDArray[Any], softness: float = 0.0) -> Plane:
    """(h, w) 1 inside the polygon (k, 2) of pixel positions, 0 outside; the edge blurred by `softness` pixels."""
    mask = np.zeros(shape[:2], np.float32)
    _cv.fillPoly(mask, [corners.astype(np.int32)], 1.0)
    return np.asarray(blur(mask, softness) if softness else mask, dtype=np.float32)


def lab_of(rgb: Picture) -> Plane:
    """CIELAB with 8-bit scaling: L 0-255, a and b around 128."""
    return np.asarray(_cv.cvtColor(rgb, cv2.COLOR_RGB2LAB), dtype=np.float32)


def rgb_of(lab: Plane) -> Picture:
    return np.asarray(_cv.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB), dtype=np.uint8)


def turned_hue(rgb: Picture, degrees: float, saturation: float) -> Picture:
    """The same picture with its hues turned and its saturation scaled."""
    hsv = np.asarray(_cv.cvtColor(rgb, cv2.COLOR_RGB2HSV))
    hsv[..., 0] = (hsv[..., 0].astype(int) + int(degrees / 2)) % 180
    hsv[..., 1] = (hsv[..., 1] * saturation).astype(np.uint8)
    return np.asarray(_cv.cvtColor(hsv, cv2.COLOR_HSV2RGB), dtype=np.uint8)


def over(rgba: Picture, background: Picture) -> Picture:
    """A premultiplied picture (H, W, 4) over an opaque one."""
    rest = _cv.bitwise_not(_cv.extractChannel(rgba, 3))
    behind = _cv.multiply(background, _cv.merge([rest, rest, rest]), scale=1 / 255.0)
    return np.asarray(_cv.add(behind, _cv.cvtColor(rgba, cv2.COLOR_RGBA2RGB)), dtype=np.uint8)
