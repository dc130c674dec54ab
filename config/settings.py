"""Settings, read from the environment and, on a single machine, from var/instance.env.

The launcher (`make run`) writes var/instance.env, so that `manage.py` by hand finds the
same database, broker and keys. A variable that is set in the environment wins.
"""

from datetime import timedelta
from pathlib import Path

import environ

from config.program import process_kind, program_name
from config.routes import INSIDE, ROUTES, UNHEARD
from config.schedule import SCHEDULE
from config.theme import UNFOLD as UNFOLD
from config.timeouts import TIMEOUTS
from doors.logs import configure_structlog, logging_config

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / "var" / "instance.env", overwrite=False)

SECRET_KEY = env.str("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
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
    "pgtrigger",
    "pghistory",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "doors",
    "outbox",
    "accounts",
    "loyalty",
    "referrals",
    "fraud",
    "imports",
    "privacy",
    "demo",
    "audit",
]

MIDDLEWARE = [
    "config.probes.Probes",
    "doors.middleware.Witness",
    "doors.middleware.Deadline",
    "django.middleware.security.SecurityMiddleware",
    "doors.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "doors.middleware.SessionForPeople",
    "doors.middleware.LocaleForPeople",
    "doors.unreadable.Unreadable",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "doors.middleware.AuthenticationForPeople",
    "doors.middleware.TrailForPeople",
    "doors.middleware.EndOfSessionForPeople",
    "doors.middleware.SecondFactorForPeople",
    "doors.middleware.KnownFirstForPeople",
    "doors.middleware.MessagesForPeople",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "doors.middleware.ProgramTimeForPeople",
    # Whoever failed to log in too often sees a page that says so.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
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

_timeouts = TIMEOUTS[env.str("TENURE_PROCESS", default=process_kind())]
DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"].update(
    ENGINE="config.postgresql",
    CONN_MAX_AGE=None,
    CONN_HEALTH_CHECKS=True,
    OPTIONS={
        # The ledger's statements are the same for one row and for ten thousand, always by key:
        # planning them anew each time would cost a single posting more than running them.
        "options": f"{_timeouts.options} -c plan_cache_mode=force_generic_plan",
        # Django's default, none, keeps even those from being prepared that ask for it.
        "prepare_threshold": 5,
        # A machine that is away answers nothing at all; the client hears 503 after this.
        "connect_timeout": 5,
        # One that went away while it was asked is noticed in half a minute, not in a quarter of
        # an hour.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        # Who is behind a change that no request made.
        "application_name": program_name(),
    },
)
# A server that hangs keeps no time-out: how long this side waits for one answer, and how long a
# request waits for a thread and for the database in all.
DATABASE_ANSWER_SECONDS = _timeouts.answer
REQUEST_SECONDS = env.float("REQUEST_SECONDS", default=35.0)
# A database that may lose what it acknowledged is refused. For tests, which lose nothing by it.
DATABASE_MAY_FORGET = env.bool("DATABASE_MAY_FORGET", default=False)
# How far this machine's clock and the database's may be apart; beyond it nothing is done.
CLOCK_SKEW_SECONDS = env.float("CLOCK_SKEW_SECONDS", default=60.0)
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
LANGUAGE_COOKIE_AGE = 365 * 24 * 3_600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))

# Months, days and expiry follow this zone; instants in the database are UTC.
PROGRAM_TIME_ZONE = env.str("PROGRAM_TIME_ZONE", default="Europe/Moscow")
PROGRAM_CURRENCY = "RUB"
# How national phone numbers are read.
PROGRAM_REGION = env.str("PROGRAM_REGION", default="RU")
# How numbers begin that no country has and that are accepted all the same: "+7000,+99900" for
# lines that only tests use.
PHONE_TEST_RANGES = env.list("PHONE_TEST_RANGES", default=[])

# What the admin calls this installation ("Production", "Staging"); nothing by default.
ENVIRONMENT_NAME = env.str("ENVIRONMENT_NAME", default="")

# Digests of identifiers: {key id: secret}, and the id of the key that new digests use.
IDENTIFIER_KEYS = {1: env.str("IDENTIFIER_KEY")}
IDENTIFIER_KEY_ID = 1

# What entries of the ledger are signed with: the latest key first, then those before it.
LEDGER_KEYS = [key.encode() for key in env.list("LEDGER_KEYS")]

# The vault of personal data: {key id: secret of 32 bytes}, written "1=hexadecimal,2=…". Each wraps
# the keys of subscribers; new ones are wrapped by the key named, without a name by the latest.
VAULT_KEYS = {int(key): bytes.fromhex(secret) for key, secret in env.dict("VAULT_KEYS").items()}
VAULT_KEY_ID = env.int("VAULT_KEY_ID", default=max(VAULT_KEYS))

# Tables that migrations fill; the application's database role reads them.
READ_ONLY_TABLES = ["loyalty_unkeyedchain"]

# Tables whose rows the application's database role may add and read, and never change.
APPEND_ONLY_TABLES = [
    "loyalty_entry",
    "loyalty_lotdraw",
    "loyalty_tierchange",
    "loyalty_gatechange",
    "fraud_assessment",
    "fraud_caseevent",
    "loyalty_monthclosing",
    "imports_rowerror",
    # The trail of what people change.
    "doors_clientevent",
    "doors_clientgroupevent",
    "doors_clockedscheduleevent",
    "doors_crontabscheduleevent",
    "doors_export",
    "doors_groupevent",
    "doors_grouppermissionevent",
    "doors_intervalscheduleevent",
    "doors_periodictaskevent",
    "doors_secondfactorevent",
    "doors_userevent",
    "doors_usergroupevent",
    "doors_userpermissionevent",
    "fraud_blockedidentifierevent",
    "fraud_meaninglessidentifierevent",
    "fraud_rulesetversionevent",
    "fraud_rulesnoozeevent",
    "fraud_subscriberstandingevent",
    "loyalty_termsversionevent",
    "outbox_endpointevent",
    "accounts_personalaccess",
    "accounts_erasure",
]

# In the order in which changes were made, and not all at the start of their transaction.
PGHISTORY_CREATED_AT_FUNCTION = "CLOCK_TIMESTAMP()"

# What tells the country and region of an IP address: a function that answers with a `Place`
# (accounts.policy.identifiers) or None. Nothing named, nothing told.
IP_LOCATOR = env.str("IP_LOCATOR", default="accounts.api.ip_places.offline_place")

# What screens benefits before they are let out: a function of subjects and the moment that says
# what becomes of each (loyalty.policy.gate). Without one nothing passes.
BENEFIT_SCREEN = env.str("BENEFIT_SCREEN", default="fraud.operations.screen.screen")

# What screens referral joins, in the same words; whom it wants reviewed has joined all the same.
# Nothing named, nothing screened: the benefit still is.
JOIN_SCREEN = env.str("JOIN_SCREEN", default="fraud.operations.screen.screen")

# Behind a proxy that speaks HTTPS (production); plain HTTP on one machine.
HTTPS = env.bool("HTTPS", default=False)
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None

# Probes and scrapers ask from inside, and over plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]

# --- What is watched ---------------------------------------------------------------------
# "json" where machines read the lines, "text" where people do.
LOG_FORMAT = env.str("LOG_FORMAT", default="text")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = logging_config(form=LOG_FORMAT, level=LOG_LEVEL)
configure_structlog()

# Who may read /metrics: whoever sends this bearer token, or asks directly from these networks.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
METRICS_NETWORKS = env.list("METRICS_NETWORKS", default=[])
# Where a worker that shares its machine with no web server serves its own counters.
METRICS_PORT = env.int("METRICS_PORT", default=0)
# Where the counters of the processes of one machine lie; without it each counts for itself.
METRICS_DIR = env.str("PROMETHEUS_MULTIPROC_DIR", default="")
# --- End of what is watched --------------------------------------------------------------

# --- People who log in -------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    # First, so that whoever is locked out doesn't get to try a password.
    "axes.backends.AxesStandaloneBackend",
    "doors.passwords.Passwords",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    # Passwords from before are read by this one, and hashed anew at the next login.
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# Whether everyone who uses the admin needs a second factor. Whoever has enrolled one is asked
# for it in any case.
ADMIN_SECOND_FACTOR = env.bool("ADMIN_SECOND_FACTOR", default=HTTPS and not DEBUG)
OTP_TOTP_ISSUER = "Tenure"
OTP_TOTP_THROTTLE_FACTOR = 1

AXES_FAILURE_LIMIT = 5
# A person is locked out where the failures come from, and can still log in from elsewhere:
# else anybody could lock anybody out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
# Trying on while locked out doesn't lengthen it.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_CALLABLE = "doors.logins.counted_name"
AXES_CLIENT_IP_CALLABLE = "doors.addresses.client_address"
AXES_LOCKOUT_TEMPLATE = "doors/admin/locked_out.html"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# Without a request a session ends after this, and in any case after so many hours.
SESSION_COOKIE_AGE = 30 * 60
SESSION_HOURS_MAX = 12
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# --- End of people who log in ------------------------------------------------------------------

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
# Hours of the schedule, such as those after which a month begins, are the program's.
CELERY_TIMEZONE = PROGRAM_TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# For ever: an operator's broker may be away for longer than any number of attempts.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A publisher doesn't wait long for a broker that is away: what it would say is in a table.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0, "interval_max": 0.2}
# A worker that is asked to stop gives a short task the time to end.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5.0
# Each process would make a queue for commands from afar, and leave it behind.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = SCHEDULE
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

# News that somebody inside hears, what wakes the relay for it after the commit, and who carries
# it there; what webhooks bring outside, and what they don't.
NEWS_ROUTES = frozenset(ROUTES)
NEWS_NUDGE = "config.nudges.nudge_relay"
NEWS_COURIER = "config.routes.carry"
NEWS_INSIDE = INSIDE
NEWS_OUTSIDE = sorted({*ROUTES, *UNHEARD} - {*INSIDE})
# How long relayed news and delivered messages are kept, and so can be replayed.
NEWS_KEPT_DAYS = env.int("NEWS_KEPT_DAYS", default=30)

# Webhooks: secrets are sealed with the first of these keys (Fernet's) and opened with any.
SECRETS_KEYS = env.list("SECRETS_KEYS", default=[])
# Only for trying things out on one machine.
WEBHOOKS_ALLOW_HTTP = env.bool("WEBHOOKS_ALLOW_HTTP", default=False)
# Networks of the operator's own that webhooks may reach, such as 10.1.2.0/24; else only public
# addresses are.
WEBHOOKS_ALLOWED_NETWORKS = env.list("WEBHOOKS_ALLOWED_NETWORKS", default=[])
# Ports that they may go to, such as 443,8443; * is every one.
_PORTS = env.list("WEBHOOKS_PORTS", default=["443"])
WEBHOOKS_PORTS = None if "*" in _PORTS else frozenset(map(int, _PORTS))
# What wakes the sender for what somebody asked for; the relay and the clock wake it too.
WEBHOOKS_NUDGE = "config.nudges.nudge_sender"
# How many processes send at once; each further one finds its place taken.
WEBHOOKS_SENDERS = env.int("WEBHOOKS_SENDERS", default=1)
WEBHOOKS_MAX = env.int("WEBHOOKS_MAX", default=50)
# How many messages are on their way at once, to all endpoints and to one of them.
WEBHOOKS_THREADS = env.int("WEBHOOKS_THREADS", default=16)
WEBHOOKS_THREADS_PER_ENDPOINT = env.int("WEBHOOKS_THREADS_PER_ENDPOINT", default=8)

# Where imported files wait and are read; every web server and worker sees the same directory.
IMPORTS_DIR = env.str("IMPORTS_DIR", default=str(BASE_DIR / "var" / "imports"))
# A file that a person sends lies there too while it arrives: /tmp may be small, or memory.
FILE_UPLOAD_TEMP_DIR = IMPORTS_DIR
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "doors.uploads.SpoolToDisk",
]
# How many workers share the work of one uploaded file.
IMPORT_SHARDS = env.int("IMPORT_SHARDS", default=2)
# What reads and takes in the rows of each kind of import.
IMPORT_KINDS = {
    "subscribers": "imports.api.rows.SubscriberRows",
    "charges": "imports.api.rows.ChargeRows",
}

# --- The REST API -----------------------------------------------------------------------------

# Batches of 10,000 charges are about 2 MB; imports are streamed and not bound by this.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

# The web server's front (doors/server), per process. So many requests are answered at once, so many
# files received at once by threads of their own, and so many bodies larger than a stranger's kept.
WEB_THREADS = env.int("WEB_THREADS", default=4)
WEB_UPLOADS = env.int("WEB_UPLOADS", default=2)
WEB_LARGE_BODIES = env.int("WEB_LARGE_BODIES", default=16)
# The largest body that is received before it is known who sends it.
BODY_OF_STRANGERS_BYTES = env.int("BODY_OF_STRANGERS_BYTES", default=64 * 1024)
# A body may take so many seconds, and one more for so many bytes that have come.
BODY_SECONDS = env.float("BODY_SECONDS", default=10.0)
BODY_BYTES_PER_SECOND = env.int("BODY_BYTES_PER_SECOND", default=16 * 1024)
# How long a receiver may take for 64 kB of a long answer.
SENDING_SECONDS = env.float("SENDING_SECONDS", default=60.0)

# The API reads no forms; these make what is left of DRF's and Django's defaults say the same.
REST_FRAMEWORK = {
    "DEFAULT_PARSER_CLASSES": ["doors.api.parsing.JsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["doors.api.rendering.JsonRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["doors.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["doors.api.authentication.HasScope"],
    "DEFAULT_SCHEMA_CLASS": "doors.api.openapi.OperationSchema",
    "DEFAULT_THROTTLE_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "doors.api.problems.drf_answer",
    "URL_FORMAT_OVERRIDE": None,
}
CSRF_FAILURE_VIEW = "doors.api.problems.csrf_failure"

OAUTH2_PROVIDER_APPLICATION_MODEL = "doors.Client"
OAUTH2_PROVIDER = {
    "SCOPES_BACKEND_CLASS": "doors.api.authentication.ApplicationScopes",
    "OAUTH2_VALIDATOR_CLASS": "doors.api.credentials.TwoSecrets",
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 15 * 60,
    # The database keeps the checksum of a token, and not the token.
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}

# How long a process may go on without asking the database whether a token still stands; 0 asks
# with every request.
TOKEN_MEMORY_SECONDS = env.float("TOKEN_MEMORY_SECONDS", default=2.0)

# --- Limits ------------------------------------------------------------------------------------
# What a client may ask for unless its own row says otherwise; 0 for no limit. As many requests as
# ten seconds bring may come at once.
READS_PER_SECOND = env.int("READS_PER_SECOND", default=1_000)
WRITES_PER_SECOND = env.int("WRITES_PER_SECOND", default=1_000)
# Tokens in a minute, per client id and address: whoever guesses secrets asks often.
TOKENS_PER_MINUTE = env.int("TOKENS_PER_MINUTE", default=60)
# Roubles of goodwill credits that one person may ask for in a day; 0 for none at all.
GOODWILL_DAILY_LIMIT = env.int("GOODWILL_DAILY_LIMIT", default=100_000)
# What a sweep of lapsed points may take unasked: so many points in any case, and a share of all
# that can be spent. Beyond it the job fails and somebody looks.
SWEEP_POINTS_MAX = env.int("SWEEP_POINTS_MAX", default=100_000)
SWEEP_SHARE_MAX = env.float("SWEEP_SHARE_MAX", default=0.2)
# Networks of proxies whose X-Forwarded-For is believed.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
# --- End of limits -----------------------------------------------------------------------------

SPECTACULAR_SETTINGS = {
    "TITLE": "Tenure",
    "DESCRIPTION": (
        "The loyalty program of a telecom operator: charges become points, points become bill"
        " credit.\n\nEvery write carries an id that the client made, which is its idempotency key"
        " for ever. Errors are problems (RFC 9457) with a stable `code`; amounts are decimal"
        " strings; times are RFC 3339 with an offset."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "GET_LIB_DOC_EXCLUDES": "doors.api.openapi.doc_excludes",
    "COMPONENT_SPLIT_REQUEST": True,
    "WEBHOOKS": [f"config.events.{name.replace('.', '_')}" for name in NEWS_OUTSIDE],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "CaseQueue": "fraud.policy.cases.QUEUES",
        "CaseStatus": "fraud.policy.cases.CASE_STATUSES",
        "CaseSubjectType": "fraud.models.assessments.SUBJECT_TYPES",
        "CaseVerdict": "fraud.policy.cases.VERDICTS",
        "ChargeKind": "loyalty.policy.terms.CHARGE_KINDS",
        "IdentifierKind": "accounts.policy.identifiers.KINDS",
        "ImportKind": "imports.policy.kinds.KINDS",
        "InstalmentStatus": "loyalty.policy.gate.INSTALMENT_STATUSES",
        "PayoutKind": "loyalty.policy.gate.PAYOUT_KINDS",
        "RiskBand": "fraud.policy.scoring.BANDS",
        "PayoutStatus": "loyalty.policy.gate.PAYOUT_STATUSES",
        "RedemptionStatus": "loyalty.policy.redemptions.REDEMPTION_STATUSES",
        "RefundReason": "loyalty.policy.refunds.REFUND_REASONS",
        "Standing": "fraud.policy.standings.STANDINGS",
        "Tier": "loyalty.policy.terms.TIERS",
        "ReferralStatus": "referrals.policy.gates.REFERRAL_STATUSES",
        "MessageStatus": "outbox.policy.retries.MESSAGE_STATUSES",
        "WebhookStatus": "outbox.api.answers.SHOWN_STATUSES",
        "SubscriberStatus": "accounts.policy.history.STATUSES",
    },
    "OAUTH2_FLOWS": ["clientCredentials"],
    "OAUTH2_TOKEN_URL": "/oauth/token",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "doors.api.openapi.add_problems",
        "doors.api.ids.say_scopes_of_ids",
    ],
}
