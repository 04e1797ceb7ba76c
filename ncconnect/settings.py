"""Django's settings, in the order of Django's own reference; the OpenID Connect block is last."""

import copy
from datetime import timedelta
from urllib.parse import urlsplit

import dj_database_url
from django.utils.log import DEFAULT_LOGGING

from ncconnect import config as configuration

try:
    CONFIG = configuration.read()
except configuration.ConfigurationError as error:
    # One message for the operator, not a trace of where we noticed.
    raise SystemExit(str(error)) from None
BASE_DIR = configuration.BASE_DIR

DEMO_MODE = CONFIG.demo_mode
DATA_DIR = CONFIG.data_dir
DATA_DIR.mkdir(parents=True, exist_ok=True)

ISSUER = CONFIG.issuer
_issuer = urlsplit(ISSUER)
HTTPS = _issuer.scheme == "https"
# The site's own origin: what links in mails start with. Never taken from a request.
ORIGIN = f"{_issuer.scheme}://{_issuer.netloc}"

# --- Core -------------------------------------------------------------------------------------

DEBUG = False
SECRET_KEY = CONFIG.secret_key
SECRET_KEY_FALLBACKS = list(CONFIG.secret_key_fallbacks)
ALLOWED_HOSTS = [_issuer.hostname, *CONFIG.allowed_hosts]
if DEMO_MODE:
    ALLOWED_HOSTS += configuration.LOOPBACK_HOSTS

INSTALLED_APPS = [
    "ncconnect",
    "ncconnect.mail",
    "ncconnect.audit",
    "ncconnect.ratelimit",
    "accounts",
    "oidc_provider",
    "oauth2_provider",
    "ncconnect.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "ncconnect.middleware.correlation",
    "ncconnect.middleware.client_address",
    "ncconnect.middleware.operations",
    "oidc_provider.middleware.for_programs",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "ncconnect.middleware.page_headers",
    "ncconnect.middleware.database_outage",
    "ncconnect.middleware.own_addresses",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.language_of_the_account",
    "ncconnect.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "ncconnect.middleware.Methods",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.Person",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.Busy",
]

ROOT_URLCONF = "ncconnect.urls"
WSGI_APPLICATION = "ncconnect.wsgi.application"
FORM_RENDERER = "ncconnect.forms.Renderer"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
DATA_UPLOAD_MAX_NUMBER_FILES = 0

# --- Database and cache -----------------------------------------------------------------------

DATABASES = {
    "default": dj_database_url.parse(CONFIG.database_url, conn_max_age=60, conn_health_checks=True)
}
_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # WAL lets readers and the one writer work side by side; IMMEDIATE takes the write lock at the
    # start of a transaction, so that two writers wait for each other instead of failing.
    _database["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    _database["ENGINE"] = "ncconnect.postgresql"
    _database.setdefault("OPTIONS", {})["connect_timeout"] = 3
    if CONFIG.database_pooler == "transaction":
        # Nothing that belongs to a session: the role has the timeouts (docs/deployment.md).
        _database["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:
        _database["OPTIONS"]["options"] = (
            "-c statement_timeout=5s -c lock_timeout=2s -c idle_in_transaction_session_timeout=10s"
        )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if CONFIG.redis_url:
    CACHES = {
        "default": {
            "BACKEND": "ncconnect.shared_cache.RedisCache",
            "LOCATION": CONFIG.redis_url,
            "OPTIONS": {"socket_timeout": 0.2, "socket_connect_timeout": 0.2},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- HTTP -------------------------------------------------------------------------------------

TRUSTED_PROXIES = CONFIG.trusted_proxies
OUTBOUND_NETWORKS = CONFIG.outbound_networks
METRICS_ALLOW = CONFIG.metrics_allow
# ncconnect.middleware.client_address drops this header unless it comes from a trusted proxy.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^sante/"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "media-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
        "report-uri": ["/csp-rapport/"],
    }
}

_COOKIE_PREFIX = "__Host-" if HTTPS else ""
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # ends with the browser
CSRF_FAILURE_VIEW = "ncconnect.errors.csrf_failure"

# --- Sessions ---------------------------------------------------------------------------------

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}session"
SESSION_COOKIE_SECURE = HTTPS
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_IDLE_TIME = timedelta(minutes=30)
SESSION_ABSOLUTE_TIME = timedelta(hours=12)
# On a computer that others use after them (the box of the sign-in page).
SHARED_SESSION_IDLE_TIME = timedelta(minutes=15)
SHARED_SESSION_ABSOLUTE_TIME = timedelta(hours=2)
SESSION_COOKIE_AGE = int(SESSION_ABSOLUTE_TIME.total_seconds())

# In a cookie: a message needs no session, and no row.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

# --- People and passwords ---------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.authentication.PasswordBackend"]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "accounts:home"
PASSWORD_HASHERS = ["accounts.passwords.Argon2idHasher"]
PASSWORD_HASH_MEMORY = CONFIG.password_hash_memory
PASSWORD_HASH_TIME = CONFIG.password_hash_time
PASSWORD_HASH_PARALLELISM = CONFIG.password_hash_parallelism
PASSWORD_HASH_CONCURRENCY = CONFIG.password_hash_concurrency
PASSWORD_HASH_PATIENCE = CONFIG.password_hash_patience
PASSWORD_MIN_LENGTH = CONFIG.password_min_length
SIGNUP_DOUBLE_ENTRY = CONFIG.signup_double_entry
# The version in force of the terms of use; what a person accepted is kept with it.
TERMS_VERSION = "2026-11"

ACTIVATION_LINK_TIME = timedelta(hours=24)
PASSWORD_RESET_LINK_TIME = timedelta(hours=1)
PASSWORD_RESET_TIMEOUT = int(PASSWORD_RESET_LINK_TIME.total_seconds())
INVITATION_TIME = timedelta(hours=48)
MAIL_TIME = timedelta(hours=24)  # a mail is tried so long, then given up
MAIL_KEPT_TIME = timedelta(days=30)  # once it left
FAILED_MAIL_KEPT_TIME = timedelta(days=90)
AUDIT_TIME = timedelta(days=365)
PACED_MAIL_TIME = timedelta(hours=24)  # the mail of a crowded network waits so long at most
# A browser knows its attempt to sign up as long as a link of it can live: the mail is paced, then
# tried, and the link's time begins when it leaves. A mail that is asked for again begins anew.
ATTEMPT_TIME = PACED_MAIL_TIME + MAIL_TIME + ACTIVATION_LINK_TIME
LINK_COOKIE_TIME = timedelta(hours=1)  # of a mailed link that was opened and not used
KNOWN_DEVICE_TIME = timedelta(days=180)
# An account never activated is removed after this delay, and its address is free again.
UNACTIVATED_ACCOUNT_TIME = timedelta(days=30)

CAPTCHA_BACKEND = CONFIG.captcha_backend
if CAPTCHA_BACKEND == "recaptcha":
    INSTALLED_APPS.append("django_recaptcha")
    RECAPTCHA_PUBLIC_KEY = CONFIG.recaptcha_public_key
    RECAPTCHA_PRIVATE_KEY = CONFIG.recaptcha_private_key
    RECAPTCHA_VERIFY_REQUEST_TIMEOUT = 3

# --- Mail -------------------------------------------------------------------------------------

EMAIL_URL = CONFIG.email_url
DEFAULT_FROM_EMAIL = SERVER_EMAIL = CONFIG.email_from
SUPPORT_EMAIL = CONFIG.support_email
SECURITY_EMAIL = CONFIG.security_email or SUPPORT_EMAIL
if EMAIL_URL:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    _smtp = configuration.smtp(EMAIL_URL)
    EMAIL_HOST, EMAIL_PORT = _smtp.host, _smtp.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _smtp.user, _smtp.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = _smtp.starttls, _smtp.tls
    EMAIL_TIMEOUT = 15
else:
    # The demonstration mailbox reads the outbox itself: nothing has to be delivered.
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# --- Languages and time -----------------------------------------------------------------------

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "langue"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
USE_TZ = True
TIME_ZONE = "Pacific/Noumea"

# --- Templates and static files ---------------------------------------------------------------

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
                "ncconnect.context.site",
            ],
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = CONFIG.static_root
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
WHITENOISE_MAX_AGE = 3600

# --- Logging ----------------------------------------------------------------------------------

LOGGING = copy.deepcopy(DEFAULT_LOGGING) | {
    "formatters": {"json": {"()": "ncconnect.logging.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": CONFIG.log_level},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        # At DEBUG these write codes and tokens.
        "oauthlib": {"level": "INFO"},
        "oauth2_provider": {"level": "INFO"},
        "PIL": {"level": "INFO"},
        # Scanners ask for any name and send anything: their 400 is counted, and a traceback each
        # tells nothing more.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django.security.TooManyFieldsSent": {"level": "CRITICAL"},
        "django.security.TooManyFilesSent": {"level": "CRITICAL"},
        "django.security.RequestDataTooBig": {"level": "CRITICAL"},
    },
}
DEFAULT_EXCEPTION_REPORTER_FILTER = "ncconnect.logging.ReporterFilter"

# --- Celery -----------------------------------------------------------------------------------
# The queue is a hint and the database is the truth: tasks carry an id and can run twice.

CELERY_BROKER_URL = CONFIG.redis_url or "filesystem://localhost"
if CONFIG.redis_url:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 120,
        "socket_timeout": 2,
        "socket_connect_timeout": 1,
        "max_retries": 1,
    }
else:
    # A broker that needs no server: messages are files in one folder.
    CELERY_BROKER_TRANSPORT = "ncconnect.embedded_queue:Transport"
    _queue = DATA_DIR / "queue"
    for _folder in ("messages", "processed", "control"):
        (_queue / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue / "messages"),
        "data_folder_out": str(_queue / "messages"),
        "processed_folder": str(_queue / "processed"),
        "control_folder": str(_queue / "control"),
        "store_processed": False,
        "polling_interval": 0.2,
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SOFT_TIME_LIMIT = 30
CELERY_TASK_TIME_LIMIT = 45
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
PURGE_SECONDS = 3600.0
CELERY_BEAT_SCHEDULE = {
    # A tick that no worker took before the next one is worth nothing any more.
    "sweep-outbox": {
        "task": "ncconnect.mail.tasks.sweep",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    # Whose partners are told: the next one at that computer is somebody else.
    "end-shared-sessions": {
        "task": "accounts.tasks.end_shared_sessions",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "purge-expired": {
        "task": "ncconnect.tasks.purge_expired",
        "schedule": PURGE_SECONDS,
        "options": {"expires": PURGE_SECONDS},
    },
}

# --- OpenID Connect ---------------------------------------------------------------------------

OAUTH2_PROVIDER_APPLICATION_MODEL = "oidc_provider.RelyingParty"
OAUTH2_PROVIDER_GRANT_MODEL = "oidc_provider.Grant"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "oidc_provider.AccessToken"
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "oidc_provider.RefreshToken"
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "oidc_provider.IDToken"

SIGNING_KEY_BITS = 3072
# How long a person may take to sign in before the partner's request must be made again.
AUTHORIZATION_REQUEST_TIME = timedelta(minutes=30)
ID_TOKEN_TIME = timedelta(minutes=5)
# The end of a family of refresh tokens with offline_access; the others end with their session.
OFFLINE_REFRESH_TOKEN_TIME = timedelta(days=30)

CELERY_BEAT_SCHEDULE["sweep-logouts"] = {
    "task": "oidc_provider.tasks.sweep_logouts",
    "schedule": 15.0,
    "options": {"expires": 15.0},
}
CELERY_BEAT_SCHEDULE["keep-keys-fresh"] = {
    "task": "oidc_provider.tasks.keep_keys_fresh",
    "schedule": 3600.0,
}

# Read by the engine's deployment checks (`manage.py check --deploy`) and its administration alone:
# no request does. What the service does is in oidc_provider (docs/decisions/0001).
OAUTH2_PROVIDER = {
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "APPLICATION_ADMIN_CLASS": "oidc_provider.partners.admin.RelyingPartyAdmin",
    "ACCESS_TOKEN_ADMIN_CLASS": "ncconnect.administration.Hidden",
    "GRANT_ADMIN_CLASS": "ncconnect.administration.Hidden",
    "ID_TOKEN_ADMIN_CLASS": "ncconnect.administration.Hidden",
    "REFRESH_TOKEN_ADMIN_CLASS": "ncconnect.administration.Hidden",
}
