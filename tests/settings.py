"""The product's settings with the few names that tests need otherwise."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# One private folder a test process: nothing of a developer's own demo is read or written.
os.environ["SEVENTH_VAR_DIR"] = _folder = tempfile.mkdtemp(prefix="seventh-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["SEVENTH_REDIS_PREFIX"] = f"seventh-tests-{os.getpid()}:"
os.environ["SEVENTH_SECRET_KEY"] = "only-for-tests-" + "0123456789abcdef" * 3
os.environ["SEVENTH_HTTPS"] = "no"
os.environ["SEVENTH_COLLECTED_STATIC"] = "no"

from clinic.settings import *  # noqa: E402, F403

SHIPPED_WEIGHTS = Path(_folder) / "shipped"  # none: tests say themselves which weights there are

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast; no password of a test is a secret
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # A file, as in use: threads that race for a row in a memory database meet locks that a file does not have.
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder}/test.sqlite3"}  # noqa: F405
WHITENOISE_AUTOREFRESH = True  # looks a file up when it is asked for, not all of them for each test client
