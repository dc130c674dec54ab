"""Django with django-hordak and nothing of ours, in the database of the benchmark."""

import environ

DATABASES = {"default": environ.Env().db_url("DATABASE_URL")}
DATABASES["default"]["CONN_MAX_AGE"] = None
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "hordak",
]
SECRET_KEY = "a benchmark signs nothing"  # noqa: S105
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DEFAULT_CURRENCY = "RUB"
CURRENCIES = ["RUB"]
USE_TZ = True
TIME_ZONE = "UTC"
