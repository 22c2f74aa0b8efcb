"""The export for training: who agreed, under pseudonyms, with nothing that says who it is."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command

from clinic.errors import NotAllowed, Refused
from clinic.models import AuditEvent, ClinicianGrade, Video
from clinic.services import consents, training_sets
from tests.clinic import factories as make
from tests.clinic.cast import Case, Cast


@pytest.fixture
def graded(cast: Cast, case: Case) -> Video:
    """The case's recording: House-Brackmann III by the clinician, a copy for browsers, facts."""
    video = case.video
    video.facts = {"fps": 30.0}
    video.playback.save("playback.mp4", ContentFile(b"copy"), save=False)
    video.save()
    ClinicianGrade.objects.create(
        session=case.session, patient=cast.patient, rater=cast.clinician, scale="house_brackmann", value=3, blinded=True
    )
    return video


def agree(cast: Cast) -> None:
    consents.give(patient=cast.patient, purpose="training", by=cast.patient_user)


def export(cast: Cast, folder: Path) -> training_sets.Exported:
    return training_sets.export(organisation=cast.site, folder=folder, by=cast.administrator)


def labels(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(folder.glob("people/*/*/labels.json"))]


def test_recordings_of_who_agreed_leave_with_their_grades(cast: Cast, graded: Video, tmp_path: Path) -> None:
    agree(cast)
    done = export(cast, tmp_path / "set")
    assert (done.people, done.recordings, done.without_copy) == (1, 1, 0)
    (found,) = labels(tmp_path / "set")
    scales = {grade["scale"]: grade["value"] for grade in found["grades"]}
    assert scales["house_brackmann"] == 3
    assert found["affected_side"] == "left"
    assert (tmp_path / "set" / "people" / found["person"] / found["recording"] / "video.mp4").read_bytes() == b"copy"
    assert AuditEvent.objects.filter(action="export for training", patient=cast.patient).count() == 1


def test_nothing_in_the_set_says_who_it_is(cast: Cast, graded: Video, tmp_path: Path) -> None:
    agree(cast)
    export(cast, tmp_path / "set")
    text = "".join(str(path.relative_to(tmp_path)) for path in (tmp_path / "set").rglob("*"))
    text += "".join(path.read_text() for path in (tmp_path / "set").rglob("*.json"))
    for word in ("Anna", "Alder", "Carla", cast.patient.record_number, str(cast.patient.pk), str(graded.pk), "2026"):
        assert word not in text


def test_without_consent_nothing_leaves(cast: Cast, graded: Video, tmp_path: Path) -> None:
    done = export(cast, tmp_path / "one")
    assert (done.recordings, done.without_consent) == (0, 1)
    agree(cast)
    consents.withdraw(patient=cast.patient, purpose="training", by=cast.patient_user)
    assert export(cast, tmp_path / "two").recordings == 0
    assert labels(tmp_path / "two") == []


def test_a_person_keeps_the_pseudonym_from_export_to_export(cast: Cast, graded: Video, tmp_path: Path) -> None:
    agree(cast)
    export(cast, tmp_path / "one"), export(cast, tmp_path / "two")
    assert labels(tmp_path / "one") == labels(tmp_path / "two")
    assert training_sets.pseudonym("P", cast.patient.pk) != training_sets.pseudonym("P", cast.other_patient.pk)


def test_another_clinics_recordings_stay_there(cast: Cast, graded: Video, tmp_path: Path) -> None:
    agree(cast)
    done = training_sets.export(organisation=cast.other_site, folder=tmp_path / "set", by=cast.outside_administrator)
    assert done.recordings == 0


def test_only_an_administrator_of_the_clinic_exports(cast: Cast, graded: Video, tmp_path: Path) -> None:
    for person in (cast.clinician, cast.outside_administrator):
        with pytest.raises(NotAllowed):
            training_sets.export(organisation=cast.site, folder=tmp_path, by=person)


def test_a_folder_in_use_is_left_alone(cast: Cast, graded: Video, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(Refused):
        export(cast, tmp_path)


def test_the_command_says_what_it_did(cast: Cast, graded: Video, tmp_path: Path) -> None:
    agree(cast)
    out = StringIO()
    arguments = {"clinic": cast.site.name, "by": cast.administrator.email, "stdout": out}
    call_command("export_training_set", str(tmp_path / "set"), **arguments)
    assert "1 recordings of 1 people" in out.getvalue()
    for wrong in ({"clinic": "Nowhere"}, {"by": "nobody@example.org"}, {"by": cast.clinician.email}):
        with pytest.raises(CommandError):
            call_command("export_training_set", str(tmp_path / "other"), **{**arguments, **wrong})


def test_recordings_without_a_copy_wait(cast: Cast, case: Case, tmp_path: Path) -> None:
    agree(cast)
    bare = make.VideoFactory(session=case.session, facts={"fps": 30.0})
    ClinicianGrade.objects.create(
        session=case.session, patient=cast.patient, rater=cast.clinician, scale="house_brackmann", value=2, blinded=True
    )
    done = export(cast, tmp_path / "set")
    assert bare.playback == ""
    assert (done.recordings, done.without_copy) == (0, 1)
