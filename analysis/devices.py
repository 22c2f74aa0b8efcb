"""Where networks run, and how exactly."""

from __future__ import annotations

from contextlib import AbstractContextManager


def device_of(text: str) -> str:
    """`auto` is a GPU where there is one. Raises ValueError for a GPU that is not there and for what is no device."""
    if text == "cpu":
        return text  # the ordinary case needs no torch
    import torch

    if text == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(text)
    except RuntimeError as error:
        raise ValueError(f"{text!r} is no device: auto, cpu, cuda, cuda:1 ...") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError("there is no GPU that torch can use: --device cpu")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"there is no {text}: this machine has {torch.cuda.device_count()} GPU")
    return text


def exactly(*, rounded: bool = False) -> AbstractContextManager[None]:
    """On a GPU the same algorithms every time, and full single precision unless `rounded`.

    By torch's default a GPU keeps ten bits of a factor's fraction (TF32) in convolutions and LSTMs: what is said of a
    recording would depend on which worker took it.
    """
    import torch

    return torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=rounded)
