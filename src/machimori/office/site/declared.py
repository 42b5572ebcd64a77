# SPDX-License-Identifier: AGPL-3.0-or-later
"""The part of Django's settings that is the same in every installation.

Read by `settings.py`, which adds what the configuration says, and by the type checker, which has
no configuration. Nothing here depends on a file or on the environment.
"""

from pathlib import Path

INSTALLED_APPS = [
    "django.forms",
    "django.contrib.sessions",
    "machimori.office.shared",
    "machimori.office.jobs",
    "machimori.office.people",
    "machimori.office.rules",
    "machimori.office.cameras",
    "machimori.office.operation",
    "machimori.office.terminals",
    "machimori.office.deputies",
    "machimori.office.personnel",
    "machimori.office.custody",
    "machimori.office.scans",
    "machimori.office.provision",
    "machimori.office.handover",
    "machimori.office.internal",
    "machimori.office.viewing",
    "machimori.office.disclosure",
    "machimori.office.police",
    "machimori.office.verifying",
    "machimori.office.direct",
    "machimori.office.watching",
    "machimori.office.oversight",
]
MIDDLEWARE = [
    "machimori.office.site.middleware.Outermost",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "machimori.office.people.acting.ActingMiddleware",
    "machimori.office.people.admission.AdmissionMiddleware",
]
ROOT_URLCONF = "machimori.office.site.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "machimori.office.rules.templatetags.posts",
                "machimori.office.shared.templatetags.office",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "machimori.office.shared.pages.page",
            ],
        },
    }
]
FORM_RENDERER = "machimori.office.shared.forms.Renderer"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DEBUG = False
USE_TZ = True
TIME_ZONE = "Asia/Tokyo"
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).resolve().parent.parent / "locale"]

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
SESSION_ENGINE = "machimori.office.people.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "machimori.office.site.failures.csrf"
LANGUAGE_COOKIE_SAMESITE = "Strict"

DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
# A file that somebody uploads never lies on the disk in clear.
FILE_UPLOAD_MAX_MEMORY_SIZE = 32 << 20
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# Django's own loggers name paths, and paths hold the ids of cases and persons: they are silent.
# What a page breaks with is logged by middleware.Outermost, by route and place in the code.
LOGGING_CONFIG = None
