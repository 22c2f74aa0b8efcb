"""Weights: taken in after checks without torch, approved by a person, retired; nothing runs by itself."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analysis.contracts import PublishedSystem
from clinic import dispatch
from clinic.errors import Conflict, NoRoom, Refused
from clinic.models import AuditEvent, WeightsFile
from clinic.models.weights import WeightsState
from clinic.services import media, weights
from clinic.tensor_file import NotTensors, read_header
from tests.clinic.cast import Cast
from tests.clinic.tensors import card_bytes, packed, tensor_bytes, uploads

Sent = list[tuple[str, dict[str, str]]]


def take_in(cast: Cast, **values: Any) -> WeightsFile:
    return weights.take_in(organisation=cast.site, by=cast.administrator, **uploads(**values))


def ready(cast: Cast, *, fill: int = 0, name: str = "fusion-clinic-1") -> WeightsFile:
    raw = tensor_bytes(fill=fill)
    taken = take_in(cast, raw=raw, id=name)
    weights.checked(weights_id=str(taken.pk), fits=True, message="fits")
    taken.refresh_from_db()
    return taken


def test_import_stores_the_file_by_its_hash_and_asks_a_worker(
    cast: Cast, sent: Sent, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        taken = take_in(cast)
    assert taken.state == WeightsState.CHECKING
    assert taken.file.name == f"weights/{taken.sha256}.safetensors"
    assert default_storage.exists(taken.file.name)
    assert (taken.system, taken.name, taken.tensors) == ("fusion", "fusion-clinic-1", 2)
    assert sent == [(dispatch.CHECK_WEIGHTS, {"weights_id": str(taken.pk)})]
    assert taken.approvals.get().decision == "imported"
    assert AuditEvent.objects.filter(action="import weights", organisation=cast.site).count() == 1


RAW = tensor_bytes()


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (uploads(raw=b"\x00" * 64), "not_weights"),
        (uploads(raw=RAW[:-1]), "not_weights"),
        (uploads(raw=RAW + b"x"), "not_weights"),
        (uploads(card=b"\xff"), "bad_card"),
        (uploads(card=b"id = 2026-01-01"), "bad_card"),
        (uploads(card=b"id = 'x'"), "bad_card"),
        (uploads(card=card_bytes(RAW) + b'note = "\\u0000"\n'), "bad_card"),
        (uploads(card=card_bytes(RAW) + b"worst = nan\n"), "bad_card"),
        (uploads(id="../../etc"), "bad_card"),
        (uploads(system="landmarks"), "bad_card"),
        (uploads(word=""), "bad_card"),
        (uploads(card=b"#" * 70_000), "card_too_large"),
        (uploads(sha256="0" * 64), "other_file"),
        (uploads(parameters=9), "other_file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_a_file_with_its_card_is_refused(cast: Cast, files: dict[str, Any], code: str) -> None:
    for file in files.values():
        file.seek(0)
    with pytest.raises(Refused) as refused:
        weights.take_in(organisation=cast.site, by=cast.administrator, **files)
    assert refused.value.code == code
    assert not WeightsFile.objects.exists()


def test_a_file_that_is_too_large_is_refused(cast: Cast, settings: Any) -> None:
    settings.WEIGHTS_MAX_BYTES = 20
    with pytest.raises(Refused, match="at most"):
        take_in(cast)
    settings.WEIGHTS_MAX_BYTES, settings.UPLOAD_MAX_BYTES = 10_000, 20  # a video's limit is another one
    take_in(cast)


def test_a_file_that_leaves_no_room_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "free_bytes", lambda: 0)
    with pytest.raises(NoRoom):
        take_in(cast)


def test_what_an_interrupted_import_left_is_not_taken_for_the_file(cast: Cast) -> None:
    name = f"weights/{hashlib.sha256(RAW).hexdigest()}.safetensors"
    default_storage.save(name, ContentFile(RAW[:10]))
    assert take_in(cast).file.name == name
    with default_storage.open(name) as stored:
        assert stored.read() == RAW


def test_an_import_that_fails_leaves_no_file(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = tensor_bytes(fill=7)
    name = f"weights/{hashlib.sha256(raw).hexdigest()}.safetensors"
    whole = FileSystemStorage.save

    def cut_short(storage: Any, wanted: str, content: Any) -> str:
        whole(storage, wanted, ContentFile(raw[:10]))
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(FileSystemStorage, "save", cut_short)
        with pytest.raises(OSError, match="disk full"):
            take_in(cast, raw=raw)
    assert not default_storage.exists(name)
    assert not WeightsFile.objects.exists()


def lying_here(folder: Path, **values: Any) -> Path:
    raw = tensor_bytes()
    (folder / "w.safetensors").write_bytes(raw)
    (folder / "w.toml").write_bytes(card_bytes(raw, **values))
    return folder / "w.toml"


def by_command(cast: Cast, card: Path, **arguments: Any) -> str:
    stated = {"clinic": cast.site.name, "by": cast.administrator.email, "stdout": (out := io.StringIO()), **arguments}
    call_command("import_weights", str(card), **stated)
    return out.getvalue()


def test_a_file_on_the_server_comes_in_by_command_with_the_same_checks(cast: Cast, tmp_path: Path, sent: Sent) -> None:
    card = lying_here(tmp_path)
    assert "fusion-clinic-1 is imported" in by_command(cast, card)
    taken = WeightsFile.objects.get()
    assert (taken.state, taken.imported_by, taken.bytes) == (WeightsState.CHECKING, cast.administrator, len(RAW))
    assert card.with_suffix(".safetensors").is_file()
    with pytest.raises(CommandError, match="imported before"):
        by_command(cast, card)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"by": "nobody@example.org"}, "no administrator"),
        ({"clinic": "Nowhere"}, "no clinic"),
        ({"file": Path("/nowhere/w.safetensors")}, "cannot be read"),
    ],
)
def test_the_command_refuses_in_words(cast: Cast, tmp_path: Path, change: dict[str, Any], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        by_command(cast, lying_here(tmp_path), **change)
    with pytest.raises(CommandError, match="no administrator"):
        by_command(cast, lying_here(tmp_path), by=cast.outside_administrator.email)
    with pytest.raises(CommandError, match="hashes differ"):
        by_command(cast, lying_here(tmp_path, sha256="0" * 64))
    assert not WeightsFile.objects.exists()


def test_only_the_page_for_weights_takes_larger_files_and_only_from_administrators(
    cast: Cast, as_user: Callable[[Any], Client], settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES, settings.WEIGHTS_MAX_BYTES = 4_000_000, 8_000_000
    here = reverse("weights-new")

    def told(user: Any, where: str, megabytes: int) -> tuple[int, str]:
        raw = tensor_bytes({"palsy.head.weight": (megabytes * 250_000,)})
        answer = as_user(user).post(where, uploads(raw, parameters=megabytes * 250_000))
        return answer.status_code, answer.content.decode()

    assert told(cast.administrator, "/nowhere/", 6)[0] == 413
    assert told(cast.clinician, here, 6)[0] == 413
    assert told(cast.administrator, here, 6)[0] == 302
    code, words = told(cast.administrator, here, 10)
    assert code == 413
    assert "a file of weights may have 7 MB" in words
    assert "import_weights" in words


def test_the_same_file_comes_in_once_a_clinic(cast: Cast) -> None:
    take_in(cast)
    with pytest.raises(Refused, match="before"):
        take_in(cast)
    weights.take_in(organisation=cast.other_site, by=cast.outside_administrator, **uploads())


SPAN = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    "table",
    [
        [],
        {},
        {"a": 1},
        {"a": {**SPAN, "dtype": "PICKLE"}},
        {"a": {**SPAN, "shape": [3]}},
        {"a": {**SPAN, "shape": [-2]}},
        {"a": {**SPAN, "shape": "xx"}},
        {"a": {**SPAN, "data_offsets": [0, 8, 9]}},
        {"a": SPAN, "b": SPAN},
        {"a": {**SPAN, "data_offsets": [4, 12]}},
        {"__metadata__": {"a": "b"}},
    ],
)
def test_a_header_that_lies_is_no_file_of_weights(table: Any) -> None:
    raw = packed(table, b"\x00" * 8)
    with pytest.raises(NotTensors):
        read_header(io.BytesIO(raw), len(raw))


@pytest.mark.parametrize("start", [b"", b"\x00" * 8, b"\xff" * 16, (2**30).to_bytes(8, "little") + b"{}"])
def test_a_file_that_begins_otherwise_is_no_file_of_weights(start: bytes) -> None:
    with pytest.raises(NotTensors):
        read_header(io.BytesIO(start), len(start))


def test_a_header_tells_how_many_numbers_follow() -> None:
    header = read_header(io.BytesIO(RAW), len(RAW))
    assert (header.tensors, header.parameters) == (2, 8)
    assert json.loads(RAW[8 : 8 + int.from_bytes(RAW[:8], "little")])


def test_only_the_first_answer_of_a_check_counts(cast: Cast) -> None:
    taken = take_in(cast)
    weights.checked(weights_id=str(taken.pk), fits=False, message="no place for palsy.more")
    weights.checked(weights_id=str(taken.pk), fits=True, message="fits")
    taken.refresh_from_db()
    assert (taken.state, taken.check_message) == (WeightsState.REFUSED, "no place for palsy.more")


@pytest.mark.parametrize("state", [WeightsState.CHECKING, WeightsState.REFUSED, WeightsState.APPROVED])
def test_only_what_was_checked_and_fits_is_approved(cast: Cast, state: str) -> None:
    taken = take_in(cast)
    WeightsFile.objects.update(state=state)
    with pytest.raises(Conflict):
        weights.approve(weights=taken, by=cast.administrator)


def test_approval_replaces_what_was_in_use_and_says_who_did_it(cast: Cast) -> None:
    first, second = ready(cast), ready(cast, fill=1, name="fusion-clinic-2")
    weights.approve(weights=first, by=cast.administrator, reason="tried on ten")
    weights.approve(weights=second, by=cast.administrator)
    first.refresh_from_db()
    assert first.state == WeightsState.RETIRED
    row = next(r for r in weights.in_use(cast.site) if r.system is PublishedSystem.FUSION)
    assert row.weights == second
    assert [(a.decision, a.by, a.reason) for a in first.approvals.all()] == [
        ("retired", cast.administrator, "Replaced by fusion-clinic-2."),
        ("approved", cast.administrator, "tried on ten"),
        ("imported", cast.administrator, ""),
    ]
    assert AuditEvent.objects.filter(action="approve weights").count() == 2
    assert weights.in_use(cast.other_site)[3].weights is None


def test_two_files_of_one_system_are_never_in_use_together(cast: Cast) -> None:
    ready(cast), ready(cast, fill=1, name="b")
    with pytest.raises(IntegrityError), transaction.atomic():
        WeightsFile.objects.update(state=WeightsState.APPROVED)


def test_retired_weights_are_run_no_more_and_can_come_back(cast: Cast) -> None:
    taken = ready(cast)
    weights.approve(weights=taken, by=cast.administrator)
    weights.retire(weights=taken, by=cast.administrator, reason="worse on women")
    assert all(row.weights is None for row in weights.in_use(cast.site))
    with pytest.raises(Conflict):
        weights.retire(weights=taken, by=cast.administrator)
    weights.approve(weights=taken, by=cast.administrator)
    assert weights.in_use(cast.site)[3].weights == taken


def test_a_switch_is_remembered_for_the_own_clinic_only(cast: Cast) -> None:
    weights.switch(organisation=cast.site, system="dem", is_on=False, by=cast.administrator)
    assert [row.is_on for row in weights.in_use(cast.site)] == [True, False, True, True, False]
    assert [row.is_on for row in weights.in_use(cast.other_site)] == [True, True, True, True, False]
    weights.switch(organisation=cast.site, system="dem", is_on=True, by=cast.administrator)
    assert [row.is_on for row in weights.in_use(cast.site)] == [True, True, True, True, False]
    with pytest.raises(Refused):
        weights.switch(organisation=cast.site, system="x", is_on=True, by=cast.administrator)


def test_a_check_that_nobody_heard_is_asked_for_again(cast: Cast, sent: Sent) -> None:
    taken = take_in(cast)
    assert weights.ask_again() == 1
    assert weights.ask_again() == 0
    WeightsFile.objects.update(sent_at=timezone.now() - timedelta(hours=1))
    assert weights.ask_again() == 1
    assert {ids["weights_id"] for _, ids in sent} == {str(taken.pk)}
