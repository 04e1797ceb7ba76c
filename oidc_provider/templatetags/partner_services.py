"""What pages of lower floors show of partners, and of what a person did there."""

from django.db import DatabaseError
from django.http import HttpRequest
from django.template import Library

from oidc_provider.partners import directory
from oidc_provider.self_care import history, services

register = Library()


@register.simple_tag
def listed_services(number: int) -> list[directory.Listed]:
    """``{% listed_services 4 as services %}``: the first so many, by name.

    None of them while the database does not answer: the page says the rest all the same.
    """
    try:
        return directory.listed()[:number]
    except DatabaseError:
        return []


@register.simple_tag
def latest_services(request: HttpRequest, number: int) -> list[services.Service]:
    """``{% latest_services request 3 as services %}``: where this person was last."""
    return services.reached_by(request.user)[:number]


@register.simple_tag
def former_sign_in(request: HttpRequest) -> history.Line | None:
    """``{% former_sign_in request as former %}``: the one before this; None for the first."""
    return history.before(
        request.user, request.session.record.authenticated_at, here=request.client_network
    )
