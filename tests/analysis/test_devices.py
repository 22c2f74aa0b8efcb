"""Where networks run: what a person may type, and how exactly a GPU reckons."""

import pytest
import torch

from analysis.devices import device_of, exactly


@pytest.mark.parametrize(
    ("has", "text", "device"),
    [(0, "cpu", "cpu"), (0, "auto", "cpu"), (1, "auto", "cuda"), (1, "cuda", "cuda"), (2, "cuda:1", "cuda:1")],
)
def test_devices_that_are_there(has, text, device, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: has)
    assert device_of(text) == device


@pytest.mark.parametrize(
    ("has", "text", "reason"), [(0, "cuda", "no GPU"), (1, "cuda:1", "has 1 GPU"), (1, "gpu", "'gpu' is no device")]
)
def test_devices_that_are_not(has, text, reason, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: has)
    with pytest.raises(ValueError, match=reason):
        device_of(text)


@pytest.mark.parametrize("rounded", [False, True])
def test_algorithms_are_always_the_same_and_factors_rounded_only_where_that_is_wanted(rounded):
    flags = torch.backends.cudnn
    before = (flags.allow_tf32, flags.deterministic, flags.benchmark, flags.enabled)
    with exactly(rounded=rounded):
        assert (flags.allow_tf32, flags.deterministic, flags.benchmark, flags.enabled) == (rounded, True, False, True)
    assert (flags.allow_tf32, flags.deterministic, flags.benchmark, flags.enabled) == before
