"""Which worker showed when that it gets work done: the administrator's sign of life."""

from __future__ import annotations

from django.db import models


class WorkerBeat(models.Model):
    """Written by a task when it starts, ends and reports progress: it proves work, not merely a living process."""

    worker = models.CharField(primary_key=True, max_length=120)
    queue = models.CharField(max_length=20, help_text="The queue of the task that it last worked on.")
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return f"{self.worker} at {self.seen_at:%Y-%m-%d %H:%M:%S}"
