"""An account made by an operator, with what is known of the person."""

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import identity
from accounts.email_identity import canonical
from accounts.models import User
from ncconnect import audit


class AddressTaken(Exception):
    """The address has an account already."""


def create_account(
    *, email: str, password: str | None, claims: Mapping[str, object], activated: bool
) -> User:
    """A new account, with claims by their OpenID names (accounts.identity).

    Without a password, its owner chooses one through « Mot de passe oublié ».
    Raises InvalidEmail, AddressTaken, InvalidClaims; nothing is stored then.
    """
    columns = identity.columns(claims)
    user = User(email=canonical(email), **columns.pop(User, {}))
    user.activated_at = timezone.now() if activated else None
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            for model, values in columns.items():
                model.objects.create(user=user, **values)
            audit.record("account_created", user=user, claims=sorted(claims))
    except IntegrityError:
        raise AddressTaken from None
    return user
