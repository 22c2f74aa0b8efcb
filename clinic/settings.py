"""One settings file, read from the environment. With nothing set it runs on SQLite, without services."""

from __future__ import annotations

from pathlib import Path

import environ

from clinic import environment
from clinic.environment import env

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")

VAR_DIR = Path(env.str("SEVENTH_VAR_DIR", str(BASE_DIR / "var")))  # database, media, queue of the embedded set-up
VAR_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
DEBUG = environment.flag("SEVENTH_DEBUG", False)
DEMO = environment.flag("SEVENTH_DEMO", False)  # shows the demonstration's log-ins on the log-in page
SECRET_KEY = environment.secret_key("SEVENTH_SECRET_KEY", VAR_DIR / "secret_key")
ALLOWED_HOSTS = environment.hosts("SEVENTH_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])

INSTALLED_APPS = [
    "clinic",
    "tasks",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "clinic.middleware.KnowAddress",
    "clinic.middleware.NoNul",
    "clinic.middleware.BodyLimit",
    "clinic.middleware.LogInFirst",
    "clinic.middleware.KeepPrivate",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "clinic.middleware.SayErrors",
]

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-gb"
TIME_ZONE = environment.time_zone("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- database, cache -------------------------------------------------------------------------------------------------
DATABASES = {"default": environment.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'seventh.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Deferred transactions lose 900 of 960 concurrent read-modify-writes; WAL with IMMEDIATE loses none.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL",
        "timeout": 20,
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

REDIS_URL = environment.redis("REDIS_URL")
REDIS_PREFIX = env.str("SEVENTH_REDIS_PREFIX", "seventh:")  # two installations may share one Redis
CACHES = {
    # Log-in limits count here: every web process sees the same ones, and they need nothing that a log-in does not need
    # anyway. Room for many, because a full table drops the oldest third, and with them somebody's count.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},  # API courtesy limits; no write a request
}

# --- files -----------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
COLLECTED = environment.flag("SEVENTH_COLLECTED_STATIC", not (DEBUG or DEMO))  # needs `manage.py collectstatic`
COLLECT_INTO = Path(env.str("STATIC_ROOT", str(BASE_DIR / "static_root")))
STATIC_ROOT = COLLECT_INTO if COLLECTED else None  # else an old collection would hide newer files
STATIC_VENDOR = BASE_DIR / "static_vendor"  # front-end packages from npm; absent without node, see clinic.static_files
STATICFILES_DIRS = [BASE_DIR / "static", *([("vendor", STATIC_VENDOR)] if STATIC_VENDOR.is_dir() else [])]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "clinic.static_files.WheelFinder",
]
WHITENOISE_USE_FINDERS = not COLLECTED
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # halves the time that collecting takes: every file is compressed twice
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("jpg", "jpeg", "png", "webp", "gz", "br", "woff", "woff2", "mp4", "map")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Private: no URL of its own, only clinic.views.media hands a file out after checking who asks.
MEDIA_ROOT = environment.private_folder(
    "MEDIA_ROOT", VAR_DIR / "media", public=[COLLECT_INTO, BASE_DIR / "static", STATIC_VENDOR]
)
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
# Straight to disk, and on the disk where the file will stay, so that storing it is a rename.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = MEDIA_ROOT / "incoming"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
UPLOAD_MAX_BYTES = environment.number("SEVENTH_UPLOAD_MAX_MB", 500, least=1, most=10_000) * 1024 * 1024
WEIGHTS_MAX_BYTES = environment.number("SEVENTH_WEIGHTS_MAX_MB", 1_200, least=1, most=10_000) * 1024 * 1024
SHIPPED_WEIGHTS = BASE_DIR / "analysis" / "weights" / "shipped"  # cards; their files only where workers are
UPLOAD_KEEP_FREE_BYTES = environment.number("SEVENTH_KEEP_FREE_MB", 1_000) * 1_000_000
UPLOADS_PER_HOUR = environment.number("SEVENTH_UPLOADS_PER_HOUR", 60, least=1)
PATIENT_QUOTA_BYTES = environment.number("SEVENTH_PATIENT_QUOTA_GB", 20, least=1) * 1_000_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 5

# --- who is there ----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation has proved the address
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_ADAPTER = "clinic.accounts.InvitedOnly"
ACCOUNT_LOGOUT_REDIRECT_URL = LOGOUT_REDIRECT_URL
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Seventh: "
PROXIES = environment.number("SEVENTH_PROXIES", 0, most=5)  # own reverse proxies in front, whose headers are trusted
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES

# --- browser security ------------------------------------------------------------------------------------------------
HTTPS = environment.flag("SEVENTH_HTTPS", not (DEBUG or DEMO))
CSRF_TRUSTED_ORIGINS = environment.origins("SEVENTH_TRUSTED_ORIGINS", [])
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True  # pages carry the token in a form field or an hx-headers attribute
CSRF_FAILURE_VIEW = "clinic.errors.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        # The hash is that of the empty text: plotly adds one empty <style> and fills it by insertRule.
        "style-src": ["'self'", "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"],
        "img-src": ["'self'", "data:", "blob:"],
        "media-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
PERMISSIONS_POLICY: dict[str, str | list[str]] = {
    "camera": "self",
    "microphone": [],
    "geolocation": [],
    "payment": [],
    "usb": [],
}

# --- API -------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",  # first: then a missing log-in is 401, as it should
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["clinic.api.parsers.ShallowJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "clinic.api.pagination.Pages",
    "DEFAULT_THROTTLE_CLASSES": ["clinic.api.throttling.UserRate"],
    "DEFAULT_THROTTLE_RATES": {"user": "600/min"},
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "clinic.errors.api_handler",
    "NUM_PROXIES": PROXIES,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Seventh",
    "DESCRIPTION": "Patients, sessions, videos and their measurements. Research use; estimated measurements, not a "
    "diagnosis.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {"SideEnum": "clinic.api.serializers.SIDES"},
}

# --- mail, log -------------------------------------------------------------------------------------------------------
vars().update(environment.email("EMAIL_URL", "consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Seventh <seventh@localhost>")
EMAIL_TIMEOUT = 10

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_tokens": {"()": "clinic.log.NoTokens"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["no_tokens"]},
    },
    "root": {
        "handlers": ["stderr"],
        "level": environment.choice("SEVENTH_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
    },
    "loggers": {
        "django": {"handlers": [], "propagate": True},  # no mail to administrators: error pages may hold names
        "django.server": {"handlers": [], "propagate": True},
    },
}

# --- analysis in the background --------------------------------------------------------------------------------------
# Empty: bells are files in a folder under VAR_DIR, nothing to install. Any address that Celery knows works.
BROKER_URL = env.str("CELERY_BROKER_URL", REDIS_URL)
BROKER_PREFIX = REDIS_PREFIX
RUN_LEASE_S = environment.number("SEVENTH_LEASE_S", 45, least=1)  # a worker that is silent for so long has lost its run
RUN_HEARTBEAT_S = environment.number("SEVENTH_HEARTBEAT_S", 5, least=1)
SWEEP_EVERY_S = environment.number("SEVENTH_SWEEP_S", 10, least=1)
BELL_FRESH_S = environment.number("SEVENTH_BELL_S", 30, least=1)  # a queued run is announced again after so long

# FHIR: our own code systems are `<base>:measure` and so on; SNOMED CT codes need a licence of the clinic's country.
FHIR_SYSTEM = env.str("SEVENTH_FHIR_SYSTEM", default="urn:seventh")
FHIR_SNOMED = env.bool("SEVENTH_FHIR_SNOMED", default=False)
