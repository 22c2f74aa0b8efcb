"""What a rendering process runs. Django is not loaded there: the process is started anew, not forked."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from analysis.synthetic.patient import PatientSpec


def one_thread() -> None:
    """One core a process: as many processes run as cores are to be used. None outlives the process that started it."""
    threading.Thread(target=_leave_with, args=[os.getppid()], daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = "1"
    import cv2

    cv2.setNumThreads(1)


def render(spec: PatientSpec, folder: Path) -> Path:
    """The recording of one session, as <video_id>.mp4 in `folder`."""
    from analysis.synthetic.render import render_session

    render_session(spec, folder)
    return folder / f"{spec.video_id}.mp4"


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
