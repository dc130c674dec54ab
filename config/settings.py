"""Settings, read from the environment and, on a single machine, from var/instance.env.

The launcher (`make run`) writes var/instance.env, so that `manage.py` by hand finds the
same database, broker and keys. A variable that is set in the environment wins.
"""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / "var" / "instance.env", overwrite=False)

SECRET_KEY = env.str("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "oauth2_provider",
    "django_celery_beat",
    "doors",
    "outbox",
    "accounts",
    "loyalty",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"].update(
    CONN_MAX_AGE=None,
    CONN_HEALTH_CHECKS=True,
    OPTIONS={
        # A second writer of the same wallet waits this long, then hears 409.
        "options": "-c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000",
    },
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ru", "Русский")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"

# Months, days and expiry follow this zone; instants in the database are UTC.
PROGRAM_TIME_ZONE = env.str("PROGRAM_TIME_ZONE", default="Europe/Moscow")
PROGRAM_CURRENCY = "RUB"

# Digests of identifiers: {key id: secret}, and the id of the key that new digests use.
IDENTIFIER_KEYS = {1: env.str("IDENTIFIER_KEY")}
IDENTIFIER_KEY_ID = 1

# Tables whose rows the application's database role may add and read, and never change.
APPEND_ONLY_TABLES: list[str] = []

# Behind a proxy that speaks HTTPS (production); plain HTTP on one machine.
HTTPS = env.bool("HTTPS", default=False)
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None

# --- Background work ---------------------------------------------------------------------
# Truth lives in tables and a task carries ids only, so that a message may be lost or come
# twice. Neither is wanted: it is acknowledged when the work is done, and a worker that dies
# gives it back.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL")
CELERY_TASK_DEFAULT_QUEUE = "tenure"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = 3_300
CELERY_TASK_TIME_LIMIT = 3_600
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# For ever: an operator's broker may be away for longer than any number of attempts.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A worker that is asked to stop gives a short task the time to end.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5.0
# Each process would make a queue for commands from afar, and leave it behind.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"

if CELERY_BROKER_URL.startswith("pgmq://"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # Said outright, because the pgmq client otherwise reads DATABASE_URL from the
        # environment and puts the queues' connection on the application's database.
        "conn_string": "postgresql" + CELERY_BROKER_URL.removeprefix("pgmq"),
        # The launcher installs its SQL; PostgreSQL has no such extension here.
        "init_extension": False,
        # A message comes back after this, so it must exceed the longest task.
        "visibility_timeout": 2 * CELERY_TASK_TIME_LIMIT,
        # How long a new task waits at most. LISTEN would need a connection in each publisher
        # too, which never reads what it is sent.
        "polling_interval": 0.5,
        "wait_time_seconds": 0,
        "pool_size": 2,
        # Then it is Celery's turn to connect again, and to notice that it was asked to stop.
        "pool_timeout": 5,
    }
elif CELERY_BROKER_URL.startswith("amqp"):
    CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum"
    CELERY_TASK_CREATE_MISSING_QUEUE_TYPE = "quorum"
    CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True}
# --- End of background work --------------------------------------------------------------
