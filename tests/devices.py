"""Tests that run on a processor everywhere and, where there is one, on a GPU (`make test-gpu`)."""

from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

every_device = pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
ELSEWHERE = torch.device("meta")  # holds no values; stands for a device that is not the processor
_MOVES = {"aten::_to_copy", "aten::copy_"}


class OneDevice(TorchDispatchMode):
    """Fails, as a GPU does, when tensors of two devices enter one operation. Single numbers may lie anywhere."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = [t for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor) and t.dim()]
        devices = {t.device.type for t in tensors}
        assert len(devices) <= 1 or func._schema.name in _MOVES, f"{func} of tensors on {sorted(devices)}"
        return func(*args, **kwargs)
