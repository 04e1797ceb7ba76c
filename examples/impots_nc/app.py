"""The application factory.

Run it from the parent of ``examples``:
``granian --interface wsgi --factory examples.impots_nc.app:create_app``
"""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from flask import Flask, Response, g, request, url_for
from werkzeug.exceptions import HTTPException

from . import pages, sign_in, space
from .config import Settings, load_settings
from .nc_connect import init_client
from .problems import Stop, show_problem
from .sealing import fingerprint
from .store import ABSOLUTE_SECONDS, Store
from .tax_files import load_tax_files
from .texts import LANGUAGES, language, long_date, remember_language, translate, translate_number
from .visits import init_visits

MAX_FORM_BYTES = 16 * 1024
HTTP_PROBLEMS = {404: "not_found"}


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """Build the site from the environment (or a mapping of the same names).

    Raises ConfigurationError. NC Connect is not contacted before the first sign-in.
    """
    settings = load_settings(os.environ if environ is None else environ)
    app = Flask(__name__)
    app.logger.setLevel(logging.INFO)
    app.config.update(IMPOTS_NC=settings, MAX_CONTENT_LENGTH=MAX_FORM_BYTES)
    configure_cookie(app, settings)
    database = Store(settings.data_dir / "impots_nc.sqlite3", settings.session_secret)
    init_visits(app, database)
    init_client(app, settings, database.handshakes())
    app.extensions["impots_nc_tax_files"] = load_tax_files()
    for room in (pages, sign_in, space):
        app.register_blueprint(room.blueprint)
    configure_templates(app, settings)
    app.register_error_handler(Stop, show_problem)
    app.register_error_handler(HTTPException, show_http_problem)
    app.after_request(lambda response: finish(response, settings))
    return app


def configure_cookie(app: Flask, settings: Settings) -> None:
    """A signed cookie of random values: no token and no personal data stands in it."""
    app.config.update(
        SECRET_KEY=settings.session_secret,
        SESSION_COOKIE_NAME="impots_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",  # the way back from NC Connect is a cross-site navigation
        SESSION_COOKIE_SECURE=settings.is_https,
        PERMANENT_SESSION_LIFETIME=ABSOLUTE_SECONDS,
    )


def configure_templates(app: Flask, settings: Settings) -> None:
    """Give the templates their translations, dates and links to NC Connect."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(translate, translate_number, newstyle=True)
    app.jinja_env.filters["long_date"] = long_date
    style = Path(app.static_folder, "impots.css").read_text("utf-8")
    app.jinja_env.globals.update(
        language=language,
        languages=LANGUAGES,
        language_address=language_address,
        style_version=fingerprint(style)[:12],
        provider_page=settings.provider_page,
    )


def language_address(lang: str) -> str:
    """This page in another language; from a page that cannot be asked for again, the home page."""
    return (url_for("pages.home") if g.get("is_final_page") else request.path) + f"?lang={lang}"


def show_http_problem(error: HTTPException):
    """404, 405, 413 and the like on our own page; a 5xx tells nothing of its cause."""
    if isinstance(error, HTTPException) and error.code and error.code < 400:
        return error
    code = error.code or 500
    name = HTTP_PROBLEMS.get(code, "bad_request" if code < 500 else "broken")
    page, status, headers = show_problem(Stop(name, f"http_{code}"))
    return page, code if name == "bad_request" else status, headers


def finish(response: Response, settings: Settings) -> Response:
    """Security headers on everything; nothing of a person in any cache."""
    headers = response.headers
    headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
        # A form's redirects are bound by form-action as well: signing out goes on to NC Connect.
        f" form-action 'self' {settings.issuer_origin}; frame-ancestors 'none'"
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    if settings.is_https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint == "static":
        headers["Cache-Control"] = "public, max-age=86400"
        return response
    headers["Cache-Control"] = "no-store"
    return remember_language(response, settings.is_https)
