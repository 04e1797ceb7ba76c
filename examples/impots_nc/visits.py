"""The signed-in browser behind a request, and the protection of its forms."""

import hmac
import secrets

from flask import Flask, current_app, g, request, session

from .problems import Stop
from .store import Store, Visit

VISIT_KEY = "visit"
FORM_TOKEN = "form_token"


def store() -> Store:
    """The database of this application."""
    return current_app.extensions["impots_nc_store"]


def current_visit() -> Visit | None:
    """The visit that the session cookie names, read once a request."""
    if "visit" not in g:
        key = session.get(VISIT_KEY)
        g.visit = store().visit(key) if key else None
    return g.visit


def required_visit() -> Visit:
    """The visit, or the page that says why there is none and leads to the sign-in."""
    visit = current_visit()
    if visit is None:
        raise Stop("expired" if VISIT_KEY in session else "signed_out")
    return visit


def begin_visit(**person: str) -> None:
    """Replace whatever the cookie held by a fresh visit: nothing set before sign-in survives.

    ``person``: what ``store.open_visit`` takes.
    """
    end_visit()
    session[VISIT_KEY] = store().open_visit(**person)
    session[FORM_TOKEN] = secrets.token_urlsafe(24)


def end_visit() -> str | None:
    """Forget the visit and its cookie; returns the id_token it was opened with."""
    key = session.get(VISIT_KEY)
    id_token = store().close_visit(key) if key else None
    session.clear()
    g.visit = None
    return id_token


def form_token() -> str:
    """The value that our own forms carry, and that another site cannot know."""
    return session.get(FORM_TOKEN, "")


def check_form_token() -> None:
    """Stop a form that was not written for this visit (cross-site request forgery, old tab)."""
    sent, kept = request.form.get(FORM_TOKEN, ""), form_token()
    if not kept or not hmac.compare_digest(sent.encode(), kept.encode()):
        raise Stop("form", "form_token")


def init_visits(app: Flask, database: Store) -> None:
    """Give the application its database and the templates their two values."""
    app.extensions["impots_nc_store"] = database
    app.jinja_env.globals.update(current_visit=current_visit, form_token=form_token)
