"""Answering the partner: success and error alike, by the response mode that it asked for."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from oidc_provider.authorize import pending
from oidc_provider.authorize.checks import Redirected
from oidc_provider.authorize.request import AuthorizationRequest
from oidc_provider.wire import onward


def success(http: HttpRequest, request: AuthorizationRequest, code: str) -> HttpResponse:
    """RFC 6749, section 4.1.2."""
    return _answer(http, request, {"code": code})


def is_redirect(request: AuthorizationRequest) -> bool:
    """Is the answer a redirect, rather than a page that leads on?"""
    return request.response_mode == "query" and onward.is_redirect(request.redirect_uri)


def failure(http: HttpRequest, request: AuthorizationRequest, error: Redirected) -> HttpResponse:
    """RFC 6749, section 4.1.2.1."""
    return _answer(http, request, {"error": error.error, "error_description": error.description})


def _answer(http: HttpRequest, request: AuthorizationRequest, parameters: dict) -> HttpResponse:
    """Adds ``state`` as it came, and ``iss`` (RFC 9207, section 2), on success and on error."""
    if request.state:
        parameters["state"] = request.state
    parameters["iss"] = settings.ISSUER
    write = _form_post if request.response_mode == "form_post" else _query
    response = write(http, request, parameters)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _query(http: HttpRequest, request: AuthorizationRequest, parameters: dict) -> HttpResponse:
    """The registered query stays as it is (RFC 6749, section 3.1.2)."""
    uri = request.redirect_uri
    joint = "" if uri.endswith(("?", "&")) else "&" if "?" in uri else "?"
    return onward.to(http, f"{uri}{joint}{urlencode(parameters)}", request.relying_party)


def _form_post(http: HttpRequest, request: AuthorizationRequest, parameters: dict) -> HttpResponse:
    """OAuth 2.0 Form Post Response Mode, section 2: a form that sends itself, or by its button."""
    context = {
        "redirect_uri": request.redirect_uri,
        "parameters": parameters,
        "partner": request.relying_party,
    }
    response = render(http, "oidc_provider/form_post.html", context)
    response._csp_update = {
        "form-action": pending.form_action(request).split(),
        "script-src": ["'self'"],
    }
    return response
