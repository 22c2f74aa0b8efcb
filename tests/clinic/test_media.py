"""Playing a video: ranges, headers, the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent, User
from clinic.services import media
from clinic.services.media import BadRange, Span, parse_range
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


@pytest.fixture
def play(cast: Cast, case: Case, as_user: Callable[[User | None], Client]) -> Callable[..., Any]:
    def ask(**headers: str) -> Any:
        return as_user(cast.clinician).get(reverse("video-play", args=[case.video.pk]), headers=headers)

    return ask


@pytest.mark.parametrize(
    ("header", "size", "span"),
    [
        (None, 10, None),
        ("bytes=0-", 10, Span(0, 9)),
        ("bytes=0-0", 10, Span(0, 0)),
        ("bytes=3-5", 10, Span(3, 5)),
        ("bytes=3-99", 10, Span(3, 9)),
        ("bytes=-4", 10, Span(6, 9)),
        ("bytes=-99", 10, Span(0, 9)),
        ("bytes=5-3", 10, None),  # not valid: as if it were not there
        ("bytes=0-1,3-4", 10, None),  # several: we may send everything
        ("bytes=-", 10, None),
        ("bytes=a-b", 10, None),
        ("bytes=١-٢", 10, None),
        ("frames=0-1", 10, None),
        ("bytes=0-0\n", 10, Span(0, 0)),
    ],
)
def test_range_is_read_as_rfc_9110_says(header: str | None, size: int, span: Span | None) -> None:
    assert parse_range(header, size) == span


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), (f"bytes={'9' * 30}-", 10)]
)
def test_range_beyond_the_file_is_refused(header: str, size: int) -> None:
    with pytest.raises(BadRange):
        parse_range(header, size)


def test_whole_file(play: Callable[..., Any], case: Case) -> None:
    response = play()
    assert response.status_code == 200
    assert body(response) == case.video.file.open().read()
    assert response.headers["Content-Length"] == str(case.video.bytes)
    assert response.headers["Accept-Ranges"] == "bytes"


def test_part_of_the_file(play: Callable[..., Any], case: Case) -> None:
    response = play(Range="bytes=4-11")
    assert response.status_code == 206
    assert body(response) == case.video.file.open().read()[4:12] == b"ftypmp42"
    assert response.headers["Content-Range"] == f"bytes 4-11/{case.video.bytes}"
    assert response.headers["Content-Length"] == "8"


def test_part_beyond_the_file_is_416(play: Callable[..., Any], case: Case) -> None:
    response = play(Range="bytes=999999-")
    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{case.video.bytes}"
    assert not AuditEvent.objects.filter(action="play").exists()


def test_head_tells_the_length_and_notes_no_play(
    cast: Cast, case: Case, as_user: Callable[[User | None], Client]
) -> None:
    response = as_user(cast.clinician).head(reverse("video-play", args=[case.video.pk]))
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Length"] == str(case.video.bytes)
    assert not AuditEvent.objects.filter(action="play").exists()


def test_nothing_in_the_file_can_run_or_be_kept(play: Callable[..., Any]) -> None:
    headers = play().headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Content-Type"] == "video/mp4"
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_type_comes_from_our_own_extension(cast: Cast, as_user: Callable[[User | None], Client]) -> None:
    webm = make.VideoFactory(
        session__patient=cast.patient, extension=".webm", display_name="evil.html", content=make.WEBM_HEAD
    )
    response = as_user(cast.clinician).get(reverse("video-play", args=[webm.pk]))
    assert response.headers["Content-Type"] == "video/webm"


def test_upright_copy_is_played_rather_than_the_original(play: Callable[..., Any], case: Case) -> None:
    case.video.playback.save(f"{case.video.pk}/playback.mp4", ContentFile(b"upright copy"))
    assert body(play()) == b"upright copy"


def test_missing_file_is_a_plain_404(play: Callable[..., Any], case: Case) -> None:
    (Path(django_settings.MEDIA_ROOT) / case.video.file.name).unlink()
    response = play()
    assert response.status_code == 404
    assert "missing" in response.content.decode()


def test_one_play_in_many_pieces_is_one_audit_row(play: Callable[..., Any], cast: Cast, case: Case) -> None:
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC)) as clock:
        for piece in ("bytes=0-1", "bytes=0-", "bytes=2000-", "bytes=3000-3001"):
            play(Range=piece)
        event = AuditEvent.objects.get(action="play")
        assert (event.actor, event.patient, event.object_id) == (cast.clinician, cast.patient, str(case.video.pk))
        assert (event.organisation, event.address) == (cast.site, "127.0.0.1")
        clock.shift(timedelta(hours=1, minutes=1))
        play(Range="bytes=0-1")
    assert AuditEvent.objects.filter(action="play").count() == 2


def test_play_that_skips_the_beginning_is_noted_too(play: Callable[..., Any]) -> None:
    play(Range="bytes=2000-")
    assert AuditEvent.objects.filter(action="play").count() == 1


def test_foreign_video_leaves_no_trace_of_a_play(
    cast: Cast, case: Case, as_user: Callable[[User | None], Client]
) -> None:
    assert as_user(cast.outsider).get(reverse("video-play", args=[case.video.pk])).status_code == 404
    assert not AuditEvent.objects.filter(action="play").exists()


@pytest.mark.parametrize("path", ["media/videos/{pk}/original.mp4", "media/{name}", "media/", "static/../{name}"])
def test_there_is_no_other_way_to_the_file(
    path: str, cast: Cast, case: Case, as_user: Callable[[User | None], Client]
) -> None:
    where = "/" + path.format(pk=case.video.pk, name=case.video.file.name)
    assert as_user(cast.clinician).get(where).status_code == 404


def test_pieces_end_with_the_span_and_close_the_file(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(bytes(range(256)) * 4096)  # 1 MiB: several pieces
    file = path.open("rb")
    pieces: Iterator[bytes] = media.pieces(file, Span(10, 700_009))
    assert b"".join(pieces) == path.read_bytes()[10:700_010]
    assert file.closed


def test_abandoned_uploads_are_removed_after_a_day(db: None) -> None:
    incoming = Path(django_settings.FILE_UPLOAD_TEMP_DIR)
    (incoming / "left.upload").write_bytes(b"x")
    assert media.remove_abandoned_uploads() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert media.remove_abandoned_uploads() == 1
    assert list(incoming.iterdir()) == []


def test_worker_gets_a_path_to_the_original(case: Case) -> None:
    with media.local_copy(case.video) as path:
        assert path.read_bytes() == case.video.file.open().read()


def test_fault_of_the_work_on_a_copy_is_not_taken_for_one_of_the_storage(case: Case) -> None:
    with pytest.raises(NotImplementedError, match="this operator"), media.local_copy(case.video):
        raise NotImplementedError("this operator")
