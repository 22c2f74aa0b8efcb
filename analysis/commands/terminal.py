"""What commands say on a terminal, and what their libraries do not."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def own_voice() -> Iterator[TextIO]:
    """Standard error for us alone: what native libraries write there meanwhile (TensorFlow Lite does) is dropped.

    Tracebacks are not: they are written after the block.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    voice = io.TextIOWrapper(os.fdopen(os.dup(kept), "wb"), encoding="utf-8", line_buffering=True)
    try:
        yield voice
    finally:
        voice.close()
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def progress_bar(quiet: bool, voice: TextIO) -> Iterator[Callable[[str, float], None]]:
    """A callback for (what is being done, share of the whole): a bar on a terminal, nothing elsewhere."""
    if quiet or not voice.isatty():
        yield lambda _stage, _share: None
        return
    from tqdm import tqdm

    with tqdm(
        total=100, desc="starting", file=voice, bar_format="{desc}: {percentage:3.0f}% |{bar}| {elapsed}", leave=False
    ) as bar:

        def tell(stage: str, share: float) -> None:
            bar.update(max(0, int(100 * share) - bar.n))
            if bar.desc != stage:
                bar.set_description_str(stage)

        yield tell
