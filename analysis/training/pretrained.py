"""Weights of other people's training, as a start: never a source of numbers by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor


def read_state(path: Path) -> dict[str, Tensor]:
    """A state dict from a .safetensors file, or from a .pth file that holds tensors only.

    Raises ValueError when the file holds anything else, OSError when it cannot be opened.
    """
    if path.suffix == ".safetensors":
        return load_file(path)
    # a published start for training, read without unpickling anything but tensors
    state: Any = torch.load(path, map_location="cpu", weights_only=True)  # noqa: TID251
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise ValueError(f"{path} holds something other than named tensors")
    return {str(name).removeprefix("module."): value for name, value in state.items()}
