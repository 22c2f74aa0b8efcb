"""The web process stays small: it loads every address without torch or any other measuring library."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "torchvision", "mediapipe", "cv2", "av", "facenet_pytorch", "scipy", "skimage")
CODE = f"""
import sys, django
django.setup()
from django.urls import get_resolver
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
assert len(get_resolver().url_patterns) > 5
get_resolver().reverse_dict
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def test_web_process_loads_all_addresses_without_measuring_libraries() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    run = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert run.stdout.strip() == "[]", run.stderr
