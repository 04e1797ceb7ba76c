"""What is known of how this browser signed in: written at sign-in, read from the session."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, get_user
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.models import Session, User

PASSWORD = "pwd"  # RFC 8176, section 2
ACR_PASSWORD = "eidas1"


@dataclass(frozen=True)
class Authentication:
    """An authentication of this session: who, when, by which methods (RFC 8176), at which acr."""

    user: User
    session_id: UUID
    at: datetime
    methods: tuple[str, ...]
    acr: str


def current(request: HttpRequest) -> Authentication | None:
    """The authentication of this browser's session; None when nobody is signed in."""
    if not request.user.is_authenticated:
        return None
    session: Session = request.session.record
    return Authentication(
        user=request.user,
        session_id=session.id,
        at=session.authenticated_at,
        methods=tuple(session.methods.split()),
        acr=session.acr,
    )


def ran_out(request: HttpRequest) -> Session | None:
    """The session that ran out in this browser, for want of a visit, on this very day.

    The cookie tells, and nothing else: it signs nobody in any more, but shows whose browser it is.
    """
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if not key or request.user.is_authenticated:
        return None
    return Session.objects.of_cookie(key).first()


def signed_in_person(request: HttpRequest) -> User | AnonymousUser:
    """Who is signed in: the account that came with the session's row, in one statement.

    The rule is Django's; what it answers no to is left to Django, which knows former secret keys
    and ends the session of a changed password.
    """
    record = request.session.record
    if record is None or record.user is None:
        return AnonymousUser()
    held = request.session.get(HASH_SESSION_KEY, "")
    if _may_be_here(record.user) and constant_time_compare(
        held, record.user.get_session_auth_hash()
    ):
        return record.user
    return get_user(request)


def _may_be_here(user: User) -> bool:
    return user.is_active and user.is_activated


class PasswordBackend(ModelBackend):
    """Loads the person of a session, and knows what staff may do: their groups' permissions too.

    Signing in is a flow of ours (accounts.flows.sign_in), and nothing else.
    """

    def authenticate(self, request, **credentials) -> None:
        """Django's own way in knows no limits, no activation, no trail."""

    def get_user(self, user_id) -> User | None:
        user = User.objects.filter(pk=user_id).first()
        return user if user and _may_be_here(user) else None
