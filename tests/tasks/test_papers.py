"""Making reports and exports: drawn whole, once, by whoever comes first."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
from datetime import timedelta

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader

from analysis.contracts import Mirrored
from clinic import dispatch
from clinic.letters.rows import Moment
from clinic.models import Report, ResearchExport
from clinic.models.papers import IssuedIsKept, PaperState
from clinic.services import papers, reports
from tasks.letters import stills
from tasks.letters.document import draw
from tasks.papers import make_export, make_report
from tests.analysis import media as films
from tests.clinic import factories as make
from tests.clinic.cast import make_case, make_cast
from tests.clinic.measured import measured
from tests.tasks.letters import content


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize(("wording", "sessions"), [("clinical", 6), ("patient", 6), ("research", 12), ("clinical", 1)])
def test_report_is_drawn_whole(wording: str, sessions: int) -> None:
    made = content(wording=wording, sessions=sessions)
    drawn = draw(made)
    text = text_of(drawn.pdf)
    reader = PdfReader(io.BytesIO(drawn.pdf))
    assert len(reader.pages) == drawn.pages >= 2
    assert made.title in text and "North Clinic" in text and "The left eye needs tape at night." in text
    for page in reader.pages:
        told = page.extract_text()
        assert made.profile.use in told and "FICTIONAL PATIENT" in told
        assert f"of {drawn.pages}" in told
    assert reader.metadata is not None and "Anna" not in str(reader.metadata)
    assert not drawn.holds_images


def test_names_are_printed_as_they_are_and_left_out_of_research() -> None:
    assert "Anna Alder <b>" in text_of(draw(content()).pdf)
    research = text_of(draw(content(wording="research")).pdf)
    assert "Anna" not in research and "R-0001" in research


def test_letters_of_other_alphabets_are_printed() -> None:
    subject = dataclasses.replace(content().subject, name="Łukasz Ğül Șerban Ελένη Анна", is_fictional=False)
    made = content(subject=subject)
    assert "Łukasz Ğül Șerban Ελένη Анна" in text_of(draw(made).pdf)
    assert "FICTIONAL" not in text_of(draw(made).pdf)


def test_what_is_typed_is_no_markup_and_may_be_long() -> None:
    hostile = '<img src="file:///etc/passwd"/> & </para> \x00\u202e ' + "word " * 700
    text = text_of(draw(content(comment=hostile)).pdf)
    assert '<img src="file:///etc/passwd"/>' in text.replace("\n", " ")


def test_report_without_any_number_says_so() -> None:
    made = content()
    bare = dataclasses.replace(made.course, points=(), hand_grades=())
    missed = [dataclasses.replace(row, point=None, given=(), why="No face was found.") for row in made.sessions]
    text = text_of(draw(dataclasses.replace(made, course=bare, sessions=tuple(missed), changes=())).pdf)
    assert "Fewer than two sessions could be measured" in text


def test_logo_that_cannot_be_read_is_left_out() -> None:
    name = default_storage.save("letterheads/x.png", ContentFile(b"\x89PNG\r\n\x1a\nno picture"))
    assert draw(content(head=dataclasses.replace(content().head, logo=name))).pages >= 2


def test_logo_is_printed() -> None:
    packed = io.BytesIO()
    Image.new("RGBA", (300, 100), (0, 90, 90, 128)).save(packed, "PNG")
    name = default_storage.save("letterheads/y.png", ContentFile(packed.getvalue()))
    drawn = draw(content(head=dataclasses.replace(content().head, logo=name)))
    assert len(PdfReader(io.BytesIO(drawn.pdf)).pages[0].images) == 1


def test_pictures_are_taken_at_their_moments_upright_and_unmirrored(tmp_path) -> None:
    path = films.write(tmp_path / "film.mp4", [films.corners()] * 60)
    moments = (Moment("Late", 1.5), Moment("Early", 0.2), Moment("Beyond", 99.0))
    plain = stills.taken(path, moments, mirrored=Mirrored.NO)
    turned = stills.taken(path, moments, mirrored=Mirrored.YES)
    assert [still.label for still in plain] == ["Late", "Early"]
    names = [films.corner_names(np.asarray(Image.open(io.BytesIO(s.jpeg)))) for s in (plain[0], turned[0])]
    assert names[0] == films.corner_names(films.corners())
    assert names[1] == films.corner_names(films.corners()[:, ::-1])
    assert (plain[0].width, plain[0].height) == (240, 180)


@pytest.fixture
def asked(db, bells):
    """(cast, case, report): asked for, with one measured session, and nothing made yet."""
    cast = make_cast()
    case = make_case(cast)
    measured(make.SessionFactory(patient=cast.patient, episode=case.episode))
    sessions = tuple(reports.sessions_to_choose(cast.patient, case.episode))
    choice = reports.Choice(case.episode, sessions, ("summary", "table", "provenance"), "clinical", "Good.")
    return cast, case, reports.request(patient=cast.patient, choice=choice, by=cast.clinician)


def test_delivered_twenty_times_one_report_is_issued_once(asked) -> None:
    _cast, _case, report = asked
    for _ in range(20):
        make_report(report_id=str(report.pk))
    report.refresh_from_db()
    assert (report.state, report.attempt) == (PaperState.ISSUED, 1)
    stored = report.file.read()
    assert hashlib.sha256(stored).hexdigest() == report.sha256 and len(stored) == report.bytes
    assert report.pages == len(PdfReader(io.BytesIO(stored)).pages)
    assert len(default_storage.listdir(f"papers/report/{report.pk}")[1]) == 1


def test_issued_report_says_who_asked_and_what_measured(asked) -> None:
    cast, _case, report = asked
    make_report(report_id=str(report.pk))
    report.refresh_from_db()
    text = text_of(report.file.read())
    assert cast.patient.name in text and "Carla Clinician" in text and "landmark-au-1" in text and "Good." in text


def test_later_measurements_leave_an_issued_report_as_it_is(asked) -> None:
    cast, case, report = asked
    make_report(report_id=str(report.pk))
    report.refresh_from_db()
    before = report.file.read()
    measured(make.SessionFactory(patient=cast.patient, episode=case.episode))
    make_report(report_id=str(report.pk))
    report.refresh_from_db()
    report.file.close()
    assert report.file.read() == before
    with pytest.raises(IssuedIsKept):
        report.save()


def test_pictures_need_the_consent_that_holds_when_it_is_made(asked, monkeypatch) -> None:
    cast, case, _report = asked
    make.ConsentFactory(patient=cast.patient, purpose="images")
    choice = reports.Choice(case.episode, (case.session,), ("stills",), "clinical")
    with_pictures = reports.request(patient=cast.patient, choice=choice, by=cast.clinician)
    cast.patient.consents.filter(purpose="images").update(withdrawn_at=timezone.now())
    monkeypatch.setattr(stills, "stills_of", lambda source: pytest.fail("no picture may be taken"))
    make_report(report_id=str(with_pictures.pk))
    with_pictures.refresh_from_db()
    assert with_pictures.state == PaperState.ISSUED and not with_pictures.holds_images
    assert "has not agreed to pictures" in text_of(with_pictures.file.read())


def test_storage_that_is_away_is_tried_again_and_then_fails_with_a_code(asked, bells, monkeypatch) -> None:
    _cast, _case, report = asked

    def away(*_: object, **__: object) -> str:
        raise OSError("disk is away")

    monkeypatch.setattr(default_storage, "save", away)
    states = []
    for _ in range(4):
        make_report(report_id=str(report.pk))
        report.refresh_from_db()
        states.append(report.state)
    assert states == ["queued", "queued", "failed", "failed"]
    assert report.error_code == "storage" and "read or written" in papers.failure(report)


def test_fault_of_ours_fails_the_report_and_not_the_worker(asked, monkeypatch) -> None:
    _cast, _case, report = asked
    monkeypatch.setattr("tasks.letters.document.draw", lambda _: 1 / 0)
    make_report(report_id=str(report.pk))
    report.refresh_from_db()
    assert (report.state, report.error_code) == (PaperState.FAILED, "internal")


def test_worker_that_died_is_followed_by_another_and_its_own_file_is_dropped(asked, bells) -> None:
    _cast, _case, report = asked
    dead = papers.claim(Report, str(report.pk), worker="dead")
    assert dead is not None and papers.claim(Report, str(report.pk), worker="other") is None
    Report.objects.filter(pk=report.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    default_storage.save(f"papers/report/{report.pk}/1.pdf", ContentFile(b"stored, and then it died"))
    bells.clear()
    assert papers.sweep() == 2  # queued again, announced again
    assert bells == [(dispatch.MAKE_REPORT, {"report_id": str(report.pk)})]
    make_report(report_id=str(report.pk))
    with pytest.raises(papers.PaperLost):
        papers.issue(dead, b"late", extension=".pdf")
    report.refresh_from_db()
    assert (report.state, report.attempt) == (PaperState.ISSUED, 2)
    assert default_storage.listdir(f"papers/report/{report.pk}")[1] == ["2.pdf"]


def test_report_that_killed_three_workers_is_given_up(asked, bells) -> None:
    _cast, _case, report = asked
    past = timezone.now() - timedelta(seconds=1)
    Report.objects.filter(pk=report.pk).update(state="making", attempt=3, lease_until=past)
    papers.sweep()
    report.refresh_from_db()
    assert (report.state, report.error_code) == (PaperState.FAILED, "worker_lost")


@pytest.mark.django_db
def test_delivered_twenty_times_one_export_is_issued_once(bells) -> None:
    cast = make_cast()
    case = make_case(cast)
    make.ConsentFactory(patient=cast.patient, purpose="research")
    export = ResearchExport.objects.create(
        organisation=cast.site, cohort=case.cohort, cohort_name="All", requested_by_name="Ada"
    )
    for _ in range(20):
        make_export(export_id=str(export.pk))
    export.refresh_from_db()
    assert (export.state, export.attempt) == (PaperState.ISSUED, 1)
    with zipfile.ZipFile(export.file) as archive:
        assert json.loads(archive.read("manifest.json")) == export.manifest


@pytest.mark.django_db
def test_export_of_a_deleted_cohort_fails_in_words(bells) -> None:
    cast = make_cast()
    export = ResearchExport.objects.create(organisation=cast.site, cohort_name="Gone", requested_by_name="Ada")
    make_export(export_id=str(export.pk))
    export.refresh_from_db()
    assert export.state == PaperState.FAILED and papers.failure(export)
