"""What every row has: an unguessable id and the time it was made."""

import uuid

from django.db import models
from django.utils import timezone


class Row(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True
