"""Real threads, each with its own database connection, that start at the same instant."""

import threading
from collections.abc import Callable
from contextlib import suppress


def at_once(number: int, action: Callable[[int], object]) -> list[object]:
    """What ``action(0)`` … ``action(number - 1)`` returned or raised, run together."""
    from django.db import connection

    start = threading.Barrier(number)
    outcomes: list[object] = [None] * number

    def run(place: int) -> None:
        with suppress(RuntimeError):  # a test without a database has none to open
            connection.ensure_connection()  # it takes longer than most of what is tried
        start.wait()
        try:
            outcomes[place] = action(place)
        except Exception as error:  # noqa: BLE001  (the outcome is the test's to judge)
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
