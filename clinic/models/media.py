"""Videos: private files that only a checking view hands out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from analysis.contracts import Mirrored
from clinic.models.base import Row
from clinic.models.care import Patient, Session
from clinic.models.people import User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class VideoQuerySet(models.QuerySet["Video"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.filter(session__patient__in=Patient.objects.visible_to(user))


def stored_name(video: Video, _filename: str) -> str:
    """Never the uploader's file name: it may carry names, paths or traps."""
    return f"videos/{video.pk}/original{video.extension}"


class Video(Row):
    """One uploaded file; its facts are filled in by the worker that decoded it."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="videos")
    file = models.FileField(upload_to=stored_name, max_length=200)
    extension = models.CharField(max_length=8, help_text="Chosen by us from the content, with its dot.")
    display_name = models.CharField(max_length=120, blank=True, help_text="The name that the person's file had.")
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    mirrored = models.CharField(
        max_length=8, choices=[(m.value, m.value) for m in Mirrored], default=Mirrored.UNKNOWN.value
    )
    timeline = models.JSONField(null=True, blank=True, help_text="Which exercise was asked for when, if known.")
    is_synthetic = models.BooleanField(default=False)
    playback = models.FileField(upload_to="videos/", max_length=200, blank=True, help_text="Upright copy for browsers.")
    facts = models.JSONField(null=True, blank=True, help_text="What decoding showed: the report's `video`.")
    uploaded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = VideoQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"video of {self.session}"
