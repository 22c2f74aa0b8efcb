"""What a clinician corrected by hand in one video, and the still pictures on which it was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from clinic.models.base import Row
from clinic.models.care import Patient
from clinic.models.media import Video
from clinic.models.people import User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


class Correction(Row):
    """Points, exercises and rest of one video as a person put them right. Never changed: a further one is a new row.

    Runs that used it point here; a run without a correction is the original.
    """

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="corrections")
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    base_run = models.ForeignKey(
        "clinic.AnalysisRun",
        null=True,
        on_delete=models.SET_NULL,
        related_name="corrections_of",
        help_text="The analysis that was shown while it was made.",
    )
    content = models.JSONField(help_text="`seventh.corrections/1`.")
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"correction of {self.video} by {self.author}"

    @property
    def author(self) -> str:
        return str(self.made_by) if self.made_by else "a former colleague"


class StillQuerySet(models.QuerySet["Still"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.filter(video__session__patient__in=Patient.objects.visible_to(user))


class Still(Row):
    """One frame of a video as an upright, unmirrored picture; without a file it is asked for and not made yet."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="stills")
    time_ms = models.PositiveIntegerField(help_text="Of the frame, from the first frame shown.")
    file = models.FileField(upload_to="videos/", max_length=200, blank=True)
    rung_at = models.DateTimeField(null=True, blank=True, help_text="When a worker was last asked for it.")
    is_refused = models.BooleanField(default=False, help_text="The frame cannot be read.")

    objects = StillQuerySet.as_manager()

    class Meta:
        ordering = ["time_ms"]
        constraints = [models.UniqueConstraint(fields=["video", "time_ms"], name="still_once")]

    def __str__(self) -> str:
        return f"{self.video} at {self.time_ms} ms"
