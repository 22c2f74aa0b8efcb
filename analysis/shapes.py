"""Refusing a tensor of another shape than a network was made for, before it gives a number."""

from __future__ import annotations

from torch import Tensor


def check_batch(name: str, given: Tensor, shape: tuple[int | None, ...]) -> None:
    """`given` must be a non-empty (batch, *shape) of floating-point numbers; None in `shape` allows any size.

    Raises ValueError otherwise.
    """
    fits = given.ndim == len(shape) + 1 and all(s in (None, g) for s, g in zip(shape, given.shape[1:], strict=True))
    if not fits or given.shape[0] < 1:
        wanted = ", ".join("any" if s is None else str(s) for s in shape)
        raise ValueError(f"{name} must be (batch, {wanted}), not {tuple(given.shape)}")
    if not given.is_floating_point():
        raise ValueError(f"{name} must hold floating-point numbers, not {given.dtype}")
