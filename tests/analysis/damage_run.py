"""Damages good videos at random and decodes them: nothing but the decoding process may ever end.

    python -m tests.analysis.damage_run FILE [FILE ...] [--count 200] [--seed 1]

Bytes anywhere, bytes in the index, cuts and holes. Prints how each ended; exit status 1 when one crashed or hung.
"""

from __future__ import annotations

import argparse
import collections
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from analysis.video.decode import Video
from analysis.video.problems import VideoRefused

HUNG_S = 60.0


def damaged(good: bytes, rng: np.random.Generator) -> bytes:
    data = np.frombuffer(good, np.uint8).copy()
    count = rng.integers(1, 60)
    match rng.integers(4):
        case 0:
            data[rng.integers(0, len(data), count)] = rng.integers(0, 256, count)
        case 1:
            data[rng.integers(0, min(len(data), 6000), count)] = rng.integers(0, 256, count)
        case 2:
            data = data[: rng.integers(1000, len(data))]
        case _:
            start = rng.integers(0, len(data) - 2000)
            data[start : start + rng.integers(10, 2000)] = rng.integers(0, 256)
    return data.tobytes()


def ending(path: Path) -> str:
    start = time.monotonic()
    try:
        with Video(path) as video:
            times = [t for t, _ in video]
        assert (np.diff(times) > 0).all()
        end = "decoded " + ", ".join(p.code for p in video.problems)
    except VideoRefused as refused:
        end = f"refused {refused.code}" + (" (the decoder died)" if "exit status" in refused.detail else "")
    except Exception as error:
        end = f"CRASH {error!r}"
    return f"HUNG {end}" if time.monotonic() - start > HUNG_S else end


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    goods = [path.read_bytes() for path in args.files]
    endings: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.mp4"
        for i in range(args.count):
            path.write_bytes(damaged(goods[i % len(goods)], rng))
            endings[ending(path)] += 1
    for end, count in endings.most_common():
        sys.stdout.write(f"{count:5d}  {end}\n")
    return int(any(end.startswith(("CRASH", "HUNG")) for end in endings))


if __name__ == "__main__":
    sys.exit(main())
