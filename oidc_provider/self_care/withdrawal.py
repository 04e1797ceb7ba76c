"""« Retirer l’accès »: a partner loses what it holds of a person, and is told that they left.

The person stays signed in here, and keeps their ``sub``: if they go back, the partner knows them.
"""

from django.db import transaction

from accounts.models import User
from oidc_provider.grants import consents
from oidc_provider.logout import notices
from oidc_provider.models import RelyingParty


def withdraw(user: User, partner: RelyingParty) -> None:
    """Once is as good as twice: what is withdrawn stays so, and nobody is told again."""
    with transaction.atomic():
        notices.write(consents.withdraw(user, partner))
