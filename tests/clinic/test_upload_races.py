"""Uploads at the same moment: limits and duplicates stay exact, on whichever database the tests run."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from pytest_django import Settings

from clinic.errors import ClinicError
from clinic.models import Video
from clinic.services import videos
from tests.clinic import factories as make
from tests.clinic.cast import Cast, make_cast

AT_ONCE = 6


def at_once(action: Callable[[int], object]) -> list[str]:
    """What each of several threads that begin together got: "ok" or the code of the refusal."""
    barrier = Barrier(AT_ONCE)

    def one(number: int) -> str:
        try:
            barrier.wait(30)
            action(number)
            return "ok"
        except ClinicError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sorted(pool.map(one, range(AT_ONCE)))


@pytest.fixture
def committed_cast(transactional_db: None, sent: list[tuple[str, dict[str, str]]]) -> Cast:
    return make_cast()


def send(cast: Cast, seed: int) -> None:
    content = make.mp4_bytes(seed=seed)
    videos.accept_upload(patient=cast.patient, uploaded_by=cast.patient_user, file=make.upload(content=content))


def test_limit_of_uploads_is_exact_under_parallel_requests(committed_cast: Cast, settings: Settings) -> None:
    settings.UPLOADS_PER_HOUR = 2
    got = at_once(lambda number: send(committed_cast, number))
    assert got == ["ok", "ok", *["too_many_uploads"] * (AT_ONCE - 2)]
    assert Video.objects.count() == 2


def test_same_video_from_two_tabs_is_one_video(committed_cast: Cast, sent: list[tuple[str, dict[str, str]]]) -> None:
    got = at_once(lambda _: send(committed_cast, 7))
    assert got == [*["duplicate"] * (AT_ONCE - 1), "ok"]
    assert Video.objects.count() == len(sent) == 1
