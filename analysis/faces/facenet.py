"""Loads facenet-pytorch without torchvision, of which its detector needs one function.

Importing torchvision takes twice as long as torch itself (7.5 of 11.7 processor seconds, measured with 0.28 and torch
2.13), and it fails altogether where its build does not fit torch's. Where torchvision is loaded already, it is used.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

_NAMES = ("torchvision", "torchvision.transforms", "torchvision.ops", "torchvision.ops.boxes")
_loading = threading.Lock()


def mtcnn_class() -> Any:
    """facenet-pytorch's `MTCNN`."""
    with _loading, _stand_ins():
        from facenet_pytorch import MTCNN
    return MTCNN


@contextmanager
def _stand_ins() -> Iterator[None]:
    """Modules in torchvision's place while facenet-pytorch loads; gone afterwards, so torchvision can still come."""
    if "torchvision" in sys.modules or "facenet_pytorch" in sys.modules:
        yield
        return
    modules: dict[str, Any] = {name: ModuleType(name) for name in _NAMES}
    modules["torchvision.transforms"].functional = None  # cuts faces out for training, which we do not do
    modules["torchvision.ops.boxes"].batched_nms = batched_nms
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in _NAMES:
            sys.modules.pop(name, None)


def batched_nms(boxes: Any, scores: Any, idxs: Any, iou_threshold: float) -> Any:
    """Indices of the boxes to keep, best score first: torchvision.ops.batched_nms for tensors on any device.

    `boxes` (n, 4) x0, y0, x1, y1, `scores` (n,), `idxs` (n,) the group in which a box competes.
    """
    import torch

    kept = _suppress(
        boxes.detach().cpu().numpy(), scores.detach().cpu().numpy(), idxs.detach().cpu().numpy(), iou_threshold
    )
    return torch.as_tensor(kept, dtype=torch.int64, device=boxes.device)


def _suppress(
    boxes: npt.NDArray[np.float32], scores: npt.NDArray[np.float32], groups: npt.NDArray[Any], threshold: float
) -> npt.NDArray[np.int64]:
    order: npt.NDArray[np.int64] = np.argsort(-scores, kind="stable")
    boxes, groups = boxes[order], groups[order]
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    alive = np.ones(len(boxes), bool)
    for i in range(len(boxes)):
        if not alive[i]:
            continue
        rest = np.flatnonzero(alive[i + 1 :] & (groups[i + 1 :] == groups[i])) + i + 1
        low, high = np.maximum(boxes[i, :2], boxes[rest, :2]), np.minimum(boxes[i, 2:], boxes[rest, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        alive[rest[shared / (areas[i] + areas[rest] - shared) > threshold]] = False
    kept: npt.NDArray[np.int64] = order[alive]
    return kept
