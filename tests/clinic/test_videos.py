"""Taking in a recording."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from clinic import dispatch
from clinic.errors import ClinicError, Duplicate
from clinic.models import AnalysisRun, AuditEvent, Episode, Patient, Session, Video
from clinic.models.care import ConsentPurpose
from clinic.models.results import RunState
from clinic.services import consents, media, runs, videos
from tests.clinic import factories as make
from tests.clinic.cast import Cast

Sent = list[tuple[str, dict[str, str]]]


def accept(cast: Cast, **changes: Any) -> Video:
    given = {"patient": cast.patient, "uploaded_by": cast.patient_user, "file": make.upload(), **changes}
    return videos.accept_upload(**given)


def stored_files() -> list[Path]:
    return [path for path in Path(django_settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_upload_becomes_session_video_queued_run_and_audit_row(
    cast: Cast, sent: Sent, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    episode = make.EpisodeFactory(patient=cast.patient)
    with django_capture_on_commit_callbacks(execute=True):
        video = accept(cast, note="  felt stiff today ")
        assert sent == []  # not before the rows are there for a worker to see

    run = video.runs.get()
    assert run.state == RunState.QUEUED
    assert sent == [(dispatch.ANALYSE_VIDEO, {"run_id": str(run.pk)})]
    assert (video.session.episode, video.session.note) == (episode, "felt stiff today")
    assert video.file.open().read().startswith(make.MP4_HEAD)
    assert video.file.size == video.bytes == 4096
    event = AuditEvent.objects.get(action="upload")
    assert (event.actor, event.patient, event.object_id) == (cast.patient_user, cast.patient, str(video.pk))


def test_stored_name_holds_nothing_of_the_uploaders_name(cast: Cast) -> None:
    video = accept(cast, file=make.upload("../../Anna Alder \u202e4pm.exe.mp4"))
    assert video.file.name == f"videos/{video.pk}/original.mp4"
    assert video.display_name == "Anna Alder 4pm.exe.mp4"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "too_small"),
        (make.MP4_HEAD, "too_small"),
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n".ljust(2000, b"#"), "not_a_video"),
        (b"ffconcat version 1.0\nfile other.mp4\n".ljust(2000), "not_a_video"),
        (b"<html><script>1</script>".ljust(2000), "not_a_video"),
        (b"\x89PNG\r\n\x1a\n".ljust(2000, b"\0"), "not_a_video"),
        (b"RIFF\0\0\0\0AVI LIST".ljust(2000, b"\0"), "not_a_video"),
        (b"\0" * 2000, "not_a_video"),
    ],
)
def test_what_does_not_begin_like_a_video_is_refused_and_leaves_nothing(cast: Cast, content: bytes, code: str) -> None:
    with pytest.raises(ClinicError) as refused:
        accept(cast, file=make.upload(content=content))
    assert refused.value.code == code
    assert nothing_was_made()


def nothing_was_made() -> bool:
    rows = Session.objects.count() + Video.objects.count() + AnalysisRun.objects.count()
    return rows == 0 and stored_files() == [] and not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("head", "extension"),
    [
        (make.MP4_HEAD, ".mp4"),
        (b"\0\0\0\x14ftypqt  ", ".mov"),
        (b"\0\0\0\x08wide", ".mov"),
        (make.WEBM_HEAD, ".webm"),
        (b"\x1a\x45\xdf\xa3\x42\x82\x88matroska", ".mkv"),
    ],
)
def test_extension_follows_the_content(head: bytes, extension: str) -> None:
    assert videos.extension_of(head) == extension


def test_file_over_the_limit_is_refused(cast: Cast, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 4095
    with pytest.raises(ClinicError) as refused:
        accept(cast)
    assert (refused.value.code, refused.value.status) == ("too_large", 413)
    assert nothing_was_made()


def test_same_video_twice_is_refused_and_names_the_earlier_session(cast: Cast) -> None:
    first = accept(cast, file=make.upload(content=make.mp4_bytes(seed=1)), recorded_at=datetime(2026, 5, 4, tzinfo=UTC))
    with pytest.raises(Duplicate) as refused:
        accept(cast, file=make.upload(content=make.mp4_bytes(seed=1)))
    assert refused.value.session == first.session
    assert "4 May 2026" in refused.value.message
    assert Session.objects.count() == 1
    assert len(stored_files()) == 1


def test_same_video_for_another_patient_is_no_duplicate(cast: Cast) -> None:
    accept(cast, file=make.upload(content=make.mp4_bytes(seed=1)))
    accept(cast, patient=cast.other_patient, file=make.upload(content=make.mp4_bytes(seed=1)))
    assert Video.objects.count() == 2


def test_full_disk_is_said_before_anything_is_stored(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "free_bytes", lambda: 10_000)
    with pytest.raises(ClinicError) as refused:
        accept(cast)
    assert (refused.value.code, refused.value.status) == ("no_room", 507)
    assert nothing_was_made()


def test_limit_of_uploads_an_hour_is_exact_and_ends(cast: Cast, settings: Settings) -> None:
    settings.UPLOADS_PER_HOUR = 2
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC), tick=False):
        accept(cast)
        accept(cast)
        with pytest.raises(ClinicError, match="last hour"):
            accept(cast)
    with time_machine.travel(datetime(2026, 6, 1, 13, 1, tzinfo=UTC), tick=False):
        accept(cast)
    assert Video.objects.count() == 3


def test_quota_of_a_patient_counts_all_videos(cast: Cast, settings: Settings) -> None:
    settings.PATIENT_QUOTA_BYTES = 10_000
    accept(cast)
    accept(cast, uploaded_by=cast.clinician)
    with pytest.raises(ClinicError) as refused:
        accept(cast)
    assert refused.value.code == "quota_full"
    accept(cast, patient=cast.other_patient, uploaded_by=cast.other_patient_user)


def test_nothing_is_lost_when_the_broker_does_not_answer(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    monkeypatch.setattr(dispatch, "publish", lambda name, **ids: False)
    with django_capture_on_commit_callbacks(execute=True):
        video = accept(cast)
    run = video.runs.get()
    assert (run.state, run.sent_at) == (RunState.QUEUED, None)  # which is what the sweep looks for


def test_failing_transaction_leaves_no_file(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise OperationalError("database is gone")

    monkeypatch.setattr(runs, "request", fail)
    with pytest.raises(OperationalError):
        accept(cast)
    assert nothing_was_made()


def test_session_joins_the_episode_that_had_begun(cast: Cast) -> None:
    first = make.EpisodeFactory(patient=cast.patient, onset_date=datetime(2024, 1, 1, tzinfo=UTC).date())
    make.EpisodeFactory(patient=cast.patient, onset_date=datetime(2026, 1, 1, tzinfo=UTC).date())
    video = accept(cast, recorded_at=datetime(2025, 6, 1, tzinfo=UTC))
    assert video.session.episode == first


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mirrored": "perhaps"}, "bad_mirrored"),
        ({"timeline": {"segments": [{"exercise": "dance", "start_s": 0, "end_s": 1}]}}, "bad_timeline"),
        ({"timeline": {"segments": [{"exercise": "snarl", "start_s": 2, "end_s": 1}]}}, "bad_timeline"),
        ({"recorded_at": datetime(1901, 1, 1, tzinfo=UTC)}, "recorded_too_early"),
        ({"recorded_at": datetime(2999, 1, 1, tzinfo=UTC)}, "recorded_in_future"),
    ],
)
def test_words_that_cannot_be_are_refused(cast: Cast, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ClinicError) as refused:
        accept(cast, **changes)
    assert refused.value.code == code
    assert nothing_was_made()


def test_phone_clock_that_is_an_hour_fast_is_forgiven(cast: Cast) -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        assert accept(cast, recorded_at=now + timedelta(hours=1)).session.recorded_at == now


def test_own_recording_needs_the_own_consent(cast: Cast) -> None:
    consents.withdraw(patient=cast.patient, purpose=ConsentPurpose.CARE, by=cast.patient_user)
    for sender in (cast.patient_user, cast.clinician):
        with pytest.raises(ClinicError) as refused:
            accept(cast, uploaded_by=sender)
        assert refused.value.code == "consent_needed"
    assert Video.objects.count() == 0
    assert stored_files() == []


def test_clinician_may_send_for_a_patient_who_was_never_asked(cast: Cast) -> None:
    unasked = make.PatientFactory(organisation=cast.site)
    accept(cast, patient=unasked, uploaded_by=cast.clinician)
    assert unasked.sessions.count() == 1


def test_episode_of_somebody_else_is_refused(cast: Cast) -> None:
    foreign: Episode = make.EpisodeFactory(patient=cast.other_patient)
    with pytest.raises(ClinicError) as refused:
        accept(cast, recorded_on_episode=foreign)
    assert refused.value.code == "foreign_episode"
    assert Patient.objects.get(pk=cast.patient.pk).sessions.count() == 0


def test_protocol_of_the_clinic_is_noted(cast: Cast) -> None:
    protocol = cast.site.protocols.create(name="Home set", is_default=True)
    assert accept(cast).session.protocol == protocol
