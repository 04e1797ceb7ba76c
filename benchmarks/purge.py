"""How long the purge of many expired sign-ins takes: `python -m benchmarks.purge [NUMBER]`.

Fills an empty PostgreSQL with NUMBER sign-ins whose sessions and tokens have expired and a tenth as
many that are alive, by set-based statements, then runs the service's own purge while a reader asks
userinfo's statement about alive ones. Prints the seconds, what was deleted, and how long the reader
waited.
"""

import argparse
import itertools
import os
import statistics
import sys
import threading
import time

import django

FILL = """
INSERT INTO accounts_session (id, session_key, session_data, user_id, credentials, seen_at,
    expire_date, ends_at, device, network, authenticated_at, methods, acr)
SELECT gen_random_uuid(), sha256(('s' || n)::bytea), '', %(user)s, '', at, at, at,
    'Firefox · Android', '10.0.0.1', at, 'pwd', 'eidas1'
FROM (SELECT n, now() + {at} AS at FROM generate_series({first}, {last}) AS n) AS numbered;
INSERT INTO oidc_provider_grant (id, code, binding, scope, nonce, claims, auth_time, acr, amr,
    offline, failures, refreshes, expires, consumed_at, ends_at, application_id, subject_id,
    session_id)
SELECT gen_random_uuid(), sha256(('c' || id)::bytea), '', 'openid profile email', 'n', '{{}}',
    ends_at, 'eidas1', 'pwd', false, 0, 0, ends_at, ends_at, ends_at, %(partner)s, %(subject)s, id
FROM accounts_session WHERE {which};
"""
# Expired one after the other over the last day, as traffic does, or alive for an hour.
EXPIRED = "(n %% 86400 - 90000) * interval '1 second'"
ALIVE = "interval '1 hour'"
TABLES = ("accounts_session", "oidc_provider_grant")


def fill(number: int) -> None:
    from django.db import connection

    from accounts.models import User
    from benchmarks import seed
    from oidc_provider.claims.subjects import subject_for
    from oidc_provider.models import RelyingParty

    seed.partner("purge", ["authorization_code"])
    email = seed.person("purge", 0)["email"]
    person, partner = User.objects.get(email=email), RelyingParty.objects.get()
    keys = {"user": person.pk, "partner": partner.pk, "subject": subject_for(person, partner).pk}
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        alive = number // 10
        cursor.execute(FILL.format(first=1, last=number, at=EXPIRED, which="ends_at < now()"), keys)
        more = FILL.format(first=number + 1, last=number + alive, at=ALIVE, which="ends_at > now()")
        cursor.execute(more, keys)
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("RESET statement_timeout")


def read(stop: threading.Event, waits: list[float]) -> None:
    """Ask about alive tokens until told to stop."""
    from django.db import connection
    from django.utils import timezone

    from ncconnect import rows
    from oidc_provider.models import Grant
    from oidc_provider.resources.userinfo import LOAD

    now = timezone.now()
    alive = Grant.objects.filter(ends_at__gt=now).values_list("pk", flat=True)[:1000]
    for key in itertools.cycle(list(alive)):
        started = time.perf_counter()
        if rows.first(LOAD, [key, now]) is None:
            raise SystemExit("a token that is alive was not found")
        waits.append((time.perf_counter() - started) * 1000)
        if stop.wait(0.01):
            break
    connection.close()


def measure(number: int) -> str:
    from django.db import connection

    from ncconnect import purge

    fill(number)
    stop, waits = threading.Event(), []
    reader = threading.Thread(target=read, args=(stop, waits))
    reader.start()
    started = time.perf_counter()
    deleted = {name: rows for name, rows in purge.run().items() if rows}
    seconds = time.perf_counter() - started
    stop.set()
    reader.join()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM oidc_provider_grant WHERE ends_at < now())"
            " + (SELECT count(*) FROM accounts_session WHERE ends_at < now())"
        )
        left = cursor.fetchone()[0]
    slowest = max(waits)
    return (
        f"{number} expired sign-ins: {deleted} deleted in {seconds:.1f} s, {left} rows left;"
        f" a reader meanwhile: median {statistics.median(waits):.1f} ms, slowest {slowest:.0f} ms"
    )


def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.purge", description=__doc__)
    parser.add_argument("number", type=int, nargs="?", default=2_000_000)
    number = parser.parse_args(given).number
    from benchmarks.service import installed

    with installed() as installation:
        if not installation.database_url.startswith("postgres"):
            print("This needs PostgreSQL.", file=sys.stderr)
            return 1
        os.environ.update(installation.environment)
        django.setup()
        print(measure(number))
    return 0


if __name__ == "__main__":
    sys.exit(main())
