"""The clinic's own graded recordings as a training set: only of people who agreed to it, under pseudonyms.

    training-set.json                    {"schema": "seventh.training/1", "people", "recordings"}
    people/<person>/<recording>/video.mp4    the upright copy: no sound, place, device or title
    people/<person>/<recording>/labels.json  side, days since onset, timeline, every final grade with its rater

A person has the same pseudonym in every export of one installation, so that later sets can be split by person; without
the installation's secret key nobody gets from a pseudonym to a record. No name, number, date or note leaves.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch, QuerySet

from analysis.contracts import Mirrored
from clinic.errors import NotAllowed, Refused
from clinic.models import ClinicianGrade, Consent, Organisation, Patient, Role, User, Video
from clinic.models.care import ConsentPurpose
from clinic.services import audit

SCHEMA: Final = "seventh.training/1"


@dataclass(frozen=True, slots=True)
class Exported:
    people: int
    recordings: int
    without_copy: int  # graded recordings whose copy for browsers is not there (yet)
    without_consent: int  # people with graded recordings who did not agree


def export(*, organisation: Organisation, folder: Path, by: User) -> Exported:
    """Write the set into an empty or new folder. Everybody in it gets a line on the audit trail.

    Raises NotAllowed unless `by` administers this clinic, Refused when the folder holds something.
    """
    if not Organisation.objects.with_member(by, Role.ADMINISTRATOR).filter(pk=organisation.pk).exists():
        raise NotAllowed("not_administrator", "Only an administrator of this clinic can export a training set.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise Refused("folder_in_use", f"{folder} is not empty.")
    graded = _graded(organisation)
    agreed = set(
        Consent.objects.filter(
            patient__organisation=organisation, purpose=ConsentPurpose.TRAINING, withdrawn_at=None
        ).values_list("patient_id", flat=True)
    )
    done: Counter[UUID] = Counter()
    without_copy = 0
    for video in graded.filter(session__patient__in=agreed):
        if not video.playback:
            without_copy += 1
            continue
        _write(video, folder)
        done[video.session.patient_id] += 1
    facts = {"schema": SCHEMA, "people": len(done), "recordings": done.total()}
    (folder / "training-set.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    for patient in Patient.objects.filter(pk__in=done):
        audit.record(actor=by, action="export for training", obj=patient)
    left_out = graded.exclude(session__patient__in=agreed).values("session__patient").distinct().count()
    return Exported(len(done), done.total(), without_copy, left_out)


def pseudonym(kind: str, pk: UUID) -> str:
    """`P-3f2a...`: the same for one row in every export, of no use without the secret key."""
    key = hashlib.sha256(f"training set {settings.SECRET_KEY}".encode()).digest()
    return f"{kind}-{hmac.new(key, pk.bytes, hashlib.sha256).hexdigest()[:16]}"


def _graded(organisation: Organisation) -> QuerySet[Video]:
    current = ClinicianGrade.objects.current().filter(rater__isnull=False)
    return (
        Video.objects.filter(session__patient__organisation=organisation, facts__isnull=False)
        .filter(session__grades__in=current)
        .distinct()
        .select_related("session__patient", "session__episode")
        .prefetch_related(Prefetch("session__grades", queryset=current, to_attr="final_grades"))
        .order_by("session__recorded_at")
    )


def _write(video: Video, folder: Path) -> None:
    person, recording = pseudonym("P", video.session.patient_id), pseudonym("R", video.pk)
    here = folder / "people" / person / recording
    here.mkdir(parents=True)
    with video.playback.open("rb") as stored, (here / "video.mp4").open("wb") as copy:
        shutil.copyfileobj(stored, copy)
    text = json.dumps(_labels(video, person, recording), indent=1)
    (here / "labels.json").write_text(text + "\n", encoding="utf-8")


def _labels(video: Video, person: str, recording: str) -> dict[str, Any]:
    session, episode = video.session, video.session.episode
    known = video.mirrored != Mirrored.UNKNOWN
    return {
        "schema": SCHEMA,
        "person": person,
        "recording": recording,
        "affected_side": episode.side if episode else None,
        "days_since_onset": episode.days_since_onset(session.recorded_at.date()) if episode else None,
        "mirrored": Mirrored.NO.value if known else Mirrored.UNKNOWN.value,  # the copy is turned back where it is known
        "synthetic": video.is_synthetic or session.patient.is_fictional,
        "timeline": video.timeline,
        "grades": [_grade(grade) for grade in session.final_grades],  # type: ignore[attr-defined]  # prefetched
    }


def _grade(grade: ClinicianGrade) -> dict[str, Any]:
    assert grade.rater_id is not None
    return {
        "rater": pseudonym("C", grade.rater_id),
        "scale": grade.scale,
        "value": grade.value,
        "items": grade.items,
        "blinded": grade.blinded,
        "seen_before": grade.seen_before,
    }
