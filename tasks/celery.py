"""The Celery application: `celery -A tasks worker -Q gpu,light`, `celery -A tasks beat`."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

from tasks.config import configuration  # reads Django's settings

app = Celery("seventh")
app.conf.update(configuration())
app.set_default()
