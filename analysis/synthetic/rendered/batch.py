"""Many videos with several processes: finished ones are not made again, half-written files never look finished."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.context import SpawnContext
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any, Final

import numpy as np

from analysis.synthetic.protocol import perform
from analysis.synthetic.render import record
from analysis.synthetic.rendered.files import NoFaceModel
from analysis.synthetic.rendered.program import NoGraphics
from analysis.synthetic.rendered.shoot import COMMENT, Shoot, Studio, landmarks_file
from analysis.synthetic.rendered.subject import Job

Progress = Callable[[int, int], None]  # frames done and videos done since the start
_LOOK_S: Final = 0.5  # how often the progress is looked at
_SIXTEENTHS: Final = 16  # landmarks are stored as whole sixteenths of a pixel


class NotMade(Exception):
    """A process could not make a video; the message says why."""


@dataclass(frozen=True, slots=True)
class _Counters:
    """What the processes share."""

    next: Synchronized[int]  # job that nobody has taken yet
    frames: Synchronized[int]
    videos: Synchronized[int]


def frames_of(jobs: Sequence[Job]) -> int:
    """Frames of all jobs together."""
    return sum(len(perform(job.spec, job.fps).time_s) for job in jobs)


def unfinished(jobs: Sequence[Job], out: Path, *, resume: bool) -> list[Job]:
    """The jobs whose files are not there yet.

    Raises ValueError when two videos have one name, when something is there and nobody asked to resume, or when a
    finished file was made from another specification.
    """
    names = [job.spec.video_id for job in jobs]
    if len(set(names)) < len(names):
        raise ValueError("two specifications have the same video_id")
    done = [job for job in jobs if _finished(job, out)]
    if done and not resume:
        raise ValueError(f"{out} holds {len(done)} of these {len(jobs)} videos already; say --resume to make the rest")
    return [job for job in jobs if job not in done]


def make(jobs: Sequence[Job], out: Path, model: Path, processes: int, progress: Progress) -> None:
    """Make every job's video, truth and landmarks. Raises NoFaceModel, NoGraphics, OSError or NotMade."""
    studio = Studio.of(model)  # also makes what processes read from the model's folder
    if processes == 1 or len(jobs) == 1:
        frames = 0
        for number, job in enumerate(jobs):

            def tell(done: int, _total: int, before: int = frames, number: int = number) -> None:
                progress(before + done, number)

            frames += make_one(studio, job, out, tell)
            progress(frames, number + 1)
        return
    del studio
    _share(jobs, out, model, min(processes, len(jobs)), progress)


def make_one(studio: Studio, job: Job, out: Path, tell: Callable[[int, int], None]) -> int:
    """Write one job's files, the truth before the landmarks; returns the number of frames."""
    truth = record(Shoot(studio, job.spec, job.size, job.fps), out, comment=COMMENT, progress=tell)
    path = out / landmarks_file(truth.video)
    half = path.with_name(f".{path.name}.part")
    with half.open("wb") as file:
        np.savez_compressed(file, lm68_px_x16=np.round(truth.pixels * _SIXTEENTHS).astype(np.int16))
    half.replace(path)
    return len(truth.points)


def _finished(job: Job, out: Path) -> bool:
    """Whether a job's files are all there. Raises ValueError when its truth is that of another job."""
    video = out / f"{job.spec.video_id}.mp4"
    truth = video.with_suffix(".json")
    if not truth.is_file():
        return False
    raw = json.loads(truth.read_text(encoding="utf-8"))
    same = {"spec": job.spec.to_json(), "width": job.size[0], "height": job.size[1], "fps": job.fps}
    if any(raw.get(name) != json.loads(json.dumps(value)) for name, value in same.items()):
        raise ValueError(f"{truth} was made from another specification; use another folder")
    return video.is_file() and (out / landmarks_file(video.name)).is_file()


def _share(jobs: Sequence[Job], out: Path, model: Path, processes: int, progress: Progress) -> None:
    context = multiprocessing.get_context("spawn")  # OpenGL does not survive a fork
    counters = _Counters(context.Value("i", 0), context.Value("i", 0), context.Value("i", 0))
    complaints = context.SimpleQueue()
    workers = [_worker(context, (list(jobs), out, model, counters, complaints)) for _ in range(processes)]
    try:
        while any(w.is_alive() for w in workers) and all(w.exitcode in (None, 0) for w in workers):
            time.sleep(_LOOK_S)
            progress(counters.frames.value, counters.videos.value)
        progress(counters.frames.value, counters.videos.value)
    finally:
        for worker in workers:
            if worker.exitcode != 0:
                worker.terminate()
            worker.join()
    if counters.videos.value < len(jobs):
        raise NotMade(complaints.get() if not complaints.empty() else "a process ended before its video was finished")


def _worker(context: SpawnContext, arguments: tuple[Any, ...]) -> Any:
    process = context.Process(target=_work, args=(*arguments, os.getpid()), daemon=True)
    process.start()
    return process


def _work(jobs: Sequence[Job], out: Path, model: Path, counters: _Counters, complaints: Any, parent: int) -> None:
    """Take jobs until none is left."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends all processes at once, without their stacks
    os.environ.setdefault("LP_NUM_THREADS", "1")  # the software renderer: processes share the cores already

    def tell(_done: int, _total: int) -> None:
        if os.getppid() != parent:
            os._exit(1)  # nobody waits for this any more
        with counters.frames:
            counters.frames.value += 1

    try:
        studio = Studio.of(model)
        while (number := _taken(counters.next)) < len(jobs):
            make_one(studio, jobs[number], out, tell)
            with counters.videos:
                counters.videos.value += 1
    except (NoFaceModel, NoGraphics, OSError, ValueError) as error:
        complaints.put(str(error))
        raise SystemExit(1) from error


def _taken(counter: Synchronized[int]) -> int:
    with counter:
        counter.value += 1
        return counter.value - 1
