"""News that upper floors listen to. Each is sent inside the transaction that causes it."""

from django.dispatch import Signal

# sessions: list of the Session rows that are about to be deleted; reason: a short English word.
sessions_ending = Signal()

# user: grants and tokens of this person must die (password changed, account suspended or closed).
credentials_revoked = Signal()
