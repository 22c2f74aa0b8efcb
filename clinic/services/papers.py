"""The life of a paper: asked for, claimed, issued or failed, swept. The row is the truth, as with analysis runs.

Every step is one compare-and-set on state and attempt, so a message may arrive twice, late or never. What was issued
stays as it is: a file under a name of its own attempt, with its hash, which every download compares.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from clinic import dispatch, failures
from clinic.errors import Missing
from clinic.models.papers import MOST_ATTEMPTS, Paper, PaperState, Report, ResearchExport

logger = logging.getLogger(__name__)

AnyPaper = TypeVar("AnyPaper", Report, ResearchExport)
LEASE = timedelta(minutes=6)  # longer than the hard limit of the tasks that make papers
TASKS: dict[type[Paper], tuple[str, str]] = {
    Report: (dispatch.MAKE_REPORT, "report_id"),
    ResearchExport: (dispatch.MAKE_EXPORT, "export_id"),
}
RETRY_ON = (OSError,)


class PaperLost(Exception):
    """Another worker has it now, or it is closed: what this one still does is in vain."""


def announce(paper: Paper) -> None:
    """Ring the bell once the transaction is committed."""
    name, argument = TASKS[type(paper)]
    sent = _rows(paper).filter(state=PaperState.QUEUED)
    dispatch.send(name, then=lambda: sent.update(sent_at=Now()), **{argument: str(paper.pk)})


def claim(kind: type[AnyPaper], pk: str, *, worker: str) -> AnyPaper | None:
    """Take the paper: attempts are counted before the work. None: made already, held by another, tried too often."""
    free = Q(state=PaperState.QUEUED) | Q(state=PaperState.MAKING, lease_until__lt=Now())
    taken = kind._default_manager.filter(free, pk=pk, attempt__lt=MOST_ATTEMPTS).update(
        state=PaperState.MAKING, attempt=F("attempt") + 1, lease_until=Now() + LEASE, worker=worker, error_code=""
    )
    return kind._default_manager.get(pk=pk) if taken else None


def issue(paper: Paper, content: bytes, *, extension: str, **values: Any) -> None:
    """Store the file and close the paper. Raises PaperLost, and keeps nothing, when it is another worker's."""
    folder = type(paper)._meta.model_name
    name = default_storage.save(f"papers/{folder}/{paper.pk}/{paper.attempt}{extension}", ContentFile(content))
    issued = _held(paper).update(
        state=PaperState.ISSUED,
        issued_at=timezone.now(),
        lease_until=None,
        file=name,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        **values,
    )
    if not issued:
        default_storage.delete(name)
        raise PaperLost
    _discard_others(f"papers/{folder}/{paper.pk}", name)


def _discard_others(folder: str, kept: str) -> None:
    """Earlier attempts may have stored a file before they were lost."""
    for other in default_storage.listdir(folder)[1]:
        if f"{folder}/{other}" != kept:
            default_storage.delete(f"{folder}/{other}")


@contextmanager
def settled(paper: Paper) -> Iterator[None]:
    """Whatever the body raises ends in the row: queued again while attempts remain, else failed with a code."""
    try:
        yield
    except PaperLost:
        logger.warning("%s attempt %s: lost, its file discarded", paper.pk, paper.attempt)
    except RETRY_ON as error:
        logger.warning("%s attempt %s: will be tried again", paper.pk, paper.attempt, exc_info=error)
        _give_back(paper, failures.STORAGE)
    except Exception:
        logger.exception("%s attempt %s failed", paper.pk, paper.attempt)
        _fail(paper, failures.INTERNAL)
    except (SystemExit, KeyboardInterrupt):  # the worker is told to stop: another may go on at once
        _give_back(paper, failures.WORKER_LOST)
        raise


def sweep() -> int:
    """Close or queue again what has no live lease, announce what waits unheard. Safe to run in parallel."""
    return sum(_sweep(kind) for kind in (Report, ResearchExport))


def _sweep(kind: type[Report] | type[ResearchExport]) -> int:
    lost = kind._default_manager.filter(state=PaperState.MAKING, lease_until__lt=Now())
    failed = lost.filter(attempt__gte=MOST_ATTEMPTS).update(
        state=PaperState.FAILED, error_code=failures.WORKER_LOST, lease_until=None
    )
    back = lost.filter(attempt__lt=MOST_ATTEMPTS).update(
        state=PaperState.QUEUED, queued_at=Now(), sent_at=None, lease_until=None
    )
    unheard = kind._default_manager.filter(_stale()).order_by("queued_at")[:4]
    return failed + back + sum(_announce_again(paper) for paper in unheard)


def _stale() -> Q:
    fresh_from = Now() - timedelta(seconds=settings.BELL_FRESH_S)
    return Q(state=PaperState.QUEUED) & (Q(sent_at__isnull=True) | Q(sent_at__lt=fresh_from))


def _announce_again(paper: Paper) -> bool:
    """Only the sweep that makes `sent_at` fresh sends; when the broker refuses, the next one may try."""
    if not _rows(paper).filter(_stale()).update(sent_at=Now()):
        return False
    name, argument = TASKS[type(paper)]
    if dispatch.publish(name, **{argument: str(paper.pk)}):
        return True
    _rows(paper).filter(state=PaperState.QUEUED).update(sent_at=None)
    return False


def whole_file(paper: Paper) -> bytes:
    """The file as it was issued. Raises Missing when there is none, or when it is not the one that was issued."""
    if paper.state != PaperState.ISSUED:
        raise Missing("not_issued", "This is not finished yet.")
    try:
        with paper.file.open("rb") as file:
            content: bytes = file.read()
    except FileNotFoundError as error:
        raise Missing("file_gone", "The file is missing from storage.") from error
    if hashlib.sha256(content).hexdigest() != paper.sha256:
        logger.error("%s is not the file that was issued", paper.file.name)
        raise Missing("file_changed", "The stored file is not the one that was issued, so it is not handed out.")
    return content


def failure(paper: Paper) -> str:
    """Why it failed, as a sentence; empty unless it did."""
    if paper.state != PaperState.FAILED:
        return ""
    return _SENTENCES.get(paper.error_code, _SENTENCES[failures.INTERNAL])


_SENTENCES = {
    failures.WORKER_LOST: "The worker stopped three times before it was finished. Please ask for it again.",
    failures.STORAGE: "The files could not be read or written. Please ask for it again.",
    failures.INTERNAL: "Something went wrong on our side. Nothing was handed out; please ask for it again.",
}


def _rows(paper: Paper) -> Any:
    return type(paper)._default_manager.filter(pk=paper.pk)


def _held(paper: Paper) -> Any:
    return _rows(paper).filter(state=PaperState.MAKING, attempt=paper.attempt)


def _give_back(paper: Paper, code: str) -> None:
    if paper.attempt >= MOST_ATTEMPTS:
        _fail(paper, code)
    elif _held(paper).update(state=PaperState.QUEUED, queued_at=Now(), sent_at=None, lease_until=None):
        announce(paper)


def _fail(paper: Paper, code: str) -> None:
    _held(paper).update(state=PaperState.FAILED, error_code=code, lease_until=None)
