"""What follows a committed transaction, and may fail without failing the page that committed."""

from collections.abc import Callable

from django.db import transaction


def after_commit(act: Callable[..., object], *arguments: object) -> None:
    """Do this once the transaction in hand is committed; now, when there is none.

    What it raises is logged: what was committed stays done, and the others follow all the same.
    """
    # A function: Django logs the name of what failed, and a partial has none to log.
    transaction.on_commit(lambda: act(*arguments), robust=True)
