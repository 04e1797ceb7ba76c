"""Signing in and out: the six addresses that talk to NC Connect."""

import re

import requests
from authlib.integrations.flask_client import OAuthError
from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from joserfc.errors import JoseError

from .logout_token import read_logout_token
from .nc_connect import (
    check_issuer,
    client,
    forget_pending,
    is_pending,
    limit_pending,
    redeem,
    settings,
)
from .problems import Stop, show_problem
from .texts import keep_language, language
from .visits import begin_visit, check_form_token, current_visit, end_visit, store

blueprint = Blueprint("sign_in", __name__)

# Errors of the authorization response (RFC 6749 § 4.1.2.1) that have a page of their own.
ERROR_PAGES = {
    "access_denied": "refused",
    "temporarily_unavailable": "unavailable",
    "server_error": "unavailable",
}


@blueprint.get("/connexion/nc-connect")
def start():
    """The button's address: leave for NC Connect."""
    if request.host != settings().host:
        # The answer comes to the registered host: the cookie must be set there.
        return redirect(settings().url(request.path))
    return leave_for_nc_connect()


@blueprint.route("/connexion/initier", methods=["GET", "POST"])
def initiate():
    """Core § 4, third-party initiated login: a sign-in asked for by NC Connect itself.

    ``target_link_uri`` is not followed (every sign-in ends in the space): no open redirect.
    """
    if request.values.get("iss") != settings().issuer:
        raise Stop("unknown_issuer", "initiate_iss")
    hint = request.values.get("login_hint", "")
    return leave_for_nc_connect(**({"login_hint": hint} if 0 < len(hint) <= 254 else {}))


def leave_for_nc_connect(**parameters: str):
    """Redirect to the authorization endpoint; Authlib adds state, nonce and code_challenge."""
    answer = client().authorize_redirect(
        settings().url(url_for("sign_in.callback")), ui_locales=language(), **parameters
    )
    limit_pending()
    return answer


@blueprint.get("/connexion/retour")
def callback():
    """The registered redirect_uri. The order matters: state, then iss, then the error or code."""
    state = only_value("state")
    if not state or not is_pending(state):
        return come_back_without_state()
    check_response(state)
    person = redeem()
    chosen = person.pop("locale")
    begin_visit(**person)
    return keep_language(redirect(url_for("space.show"), 303), chosen, settings().is_https)


def only_value(name: str) -> str | None:
    """A parameter's value; RFC 6749 § 3.1: none may be sent more than once."""
    values = request.args.getlist(name)
    if len(values) > 1:
        raise Stop("failed", f"repeated_{name}")
    return values[0] if values else None


def check_response(state: str) -> None:
    """Stop on an answer of another issuer, on an error, or on a missing code."""
    error, iss, code = only_value("error"), only_value("iss"), only_value("code")
    try:
        check_issuer(iss)
        if error is not None:
            raise Stop(ERROR_PAGES.get(error, "failed"), readable(error))
        if not code:
            raise Stop("failed", "no_code")
    except Stop:
        forget_pending(state)
        raise


def come_back_without_state():
    """The back button or a reload after signing in is no trouble; anything else is told."""
    if current_visit():
        return redirect(url_for("space.show"), 303)
    raise Stop("stale", "state")


@blueprint.post("/deconnexion")
def sign_out():
    """RP-Initiated Logout 1.0 § 2: end our visit first, then the one at NC Connect."""
    if current_visit() is None:
        end_visit()
        return redirect(url_for("sign_in.signed_out"), 303)
    check_form_token()
    id_token = end_visit()
    try:
        return client().logout_redirect(
            post_logout_redirect_uri=settings().url(url_for("sign_in.signed_out")),
            id_token_hint=id_token,
            client_id=settings().client_id,
            ui_locales=language(),
        )
    except (requests.RequestException, RuntimeError):
        # RuntimeError: Authlib found no end_session_endpoint in the discovery document.
        raise Stop("local_only", "end_session") from None


@blueprint.get("/deconnecte")
def signed_out():
    """The registered post_logout_redirect_uri; only our own state proves that NC Connect ended."""
    if current_visit():
        return redirect(url_for("space.show"))
    try:
        client().validate_logout_response()
        everywhere = True
    except OAuthError:
        everywhere = False
    session.clear()
    return render_template("signed_out.html", everywhere=everywhere)


@blueprint.post("/deconnexion/nc-connect")
def back_channel():
    """The registered backchannel_logout_uri: NC Connect itself says that a session there ended.

    No browser is behind this request: no cookie, no form token; the signature is the proof.
    """
    try:
        claims = read_logout_token(request.form.get("logout_token", ""))
    except (JoseError, ValueError) as error:
        current_app.logger.info("back_channel cause=%s", type(error).__name__)
        return {"error": "invalid_request"}, 400
    sid, sub = claims.get("sid", ""), claims.get("sub", "")
    store().close_visits(iss=claims["iss"], sid=sid, sub=sub)
    return "", 200


@blueprint.errorhandler(requests.RequestException)
def provider_is_away(error: requests.RequestException):
    """Refused, too slow, not JSON, 4xx, 5xx. Only the class is logged: the text holds addresses."""
    is_answer = error.response is not None and error.response.status_code < 500
    return show_problem(Stop("failed" if is_answer else "unavailable", type(error).__name__))


@blueprint.errorhandler(OAuthError)
def provider_said_no(error: OAuthError):
    """The token endpoint's error, or one of Authlib's own."""
    return show_problem(Stop("failed", readable(str(error.error))))


@blueprint.errorhandler(JoseError)
@blueprint.errorhandler(ValueError)
def token_is_wrong(error: Exception):
    """An id_token with a wrong signature, issuer, audience, nonce or time, or no JSON at all."""
    return show_problem(Stop("failed", type(error).__name__))


def readable(code: str) -> str:
    """An error code as it may be shown and logged: letters and underscores, or nothing of it."""
    return code if re.fullmatch(r"[a-z_]{1,40}", code) else "other"
