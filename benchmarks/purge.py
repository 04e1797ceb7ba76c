"""How long the purge of many expired sign-ins takes: `python -m benchmarks.purge [NUMBER]`.

Fills an empty PostgreSQL with NUMBER sign-ins whose tokens have expired and a tenth as many that
are alive, by set-based statements, then runs the service's own purge while a reader looks alive
tokens up, as userinfo does. Prints the seconds, what was deleted, and how long the reader waited.
"""

import argparse
import os
import statistics
import sys
import threading
import time

import django

FILL = """
INSERT INTO oidc_provider_grant (id, redirect_uri, scope, created, code_challenge,
    code_challenge_method, user_id, application_id, code, expires, nonce, claims, subject_id,
    auth_time, acr, amr, session_id, sid, offline, failures, consumed_at, ends_at)
SELECT n, 'https://partenaire.exemple.nc/retour', 'openid profile email', at, md5(n::text), 'S256',
    %(user)s, %(partner)s, sha256(('c' || n)::bytea), at, 'n', '{{}}', %(subject)s, at, 'eidas1',
    'pwd', gen_random_uuid(), left(md5(n::text), 22), false, 0, at, at
FROM (SELECT n, now() + {at} AS at FROM generate_series({first}, {last}) AS n) AS numbered;
INSERT INTO oidc_provider_accesstoken (token_checksum, grant_id, scope, created, expires)
SELECT sha256(('a' || id)::bytea), id, scope, created, ends_at
FROM oidc_provider_grant WHERE id BETWEEN {first} AND {last};
INSERT INTO oidc_provider_relyingpartysession
    (session_id, relying_party_id, subject_id, sid, created_at, ends_at)
SELECT session_id, application_id, subject_id, sid, created, ends_at
FROM oidc_provider_grant WHERE id BETWEEN {first} AND {last};
"""
# Expired one after the other over the last day, as traffic does, or alive for an hour.
EXPIRED = "(n %% 86400 - 90000) * interval '1 second'"
ALIVE = "interval '1 hour'"
TABLES = ("oidc_provider_grant", "oidc_provider_accesstoken", "oidc_provider_relyingpartysession")


def fill(number: int) -> None:
    from django.db import connection

    from accounts.models import User
    from benchmarks import seed
    from oidc_provider.models import RelyingParty
    from oidc_provider.subjects import subject_for

    seed.partner("purge", ["authorization_code"])
    email = seed.person("purge", 0)["email"]
    person, partner = User.objects.get(email=email), RelyingParty.objects.get()
    keys = {"user": person.pk, "partner": partner.pk, "subject": subject_for(person, partner).pk}
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        alive = number // 10
        cursor.execute(FILL.format(first=1, last=number, at=EXPIRED), keys)
        cursor.execute(FILL.format(first=number + 1, last=number + alive, at=ALIVE), keys)
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("RESET statement_timeout")


def read(stop: threading.Event, waits: list[float]) -> None:
    """Look alive tokens up until told to stop."""
    from django.db import connection
    from django.utils import timezone

    from oidc_provider.models import AccessToken

    while not stop.is_set():
        started = time.perf_counter()
        AccessToken.objects.filter(expires__gt=timezone.now()).values("pk").first()
        waits.append((time.perf_counter() - started) * 1000)
        time.sleep(0.01)
    connection.close()


def measure(number: int) -> str:
    from django.db import connection

    from ncconnect import purge

    fill(number)
    stop, waits = threading.Event(), []
    reader = threading.Thread(target=read, args=(stop, waits))
    reader.start()
    started = time.perf_counter()
    deleted = purge.run()["oidc"]
    seconds = time.perf_counter() - started
    stop.set()
    reader.join()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM oidc_provider_accesstoken WHERE expires < now()")
        left = cursor.fetchone()[0]
    slowest = max(waits)
    return (
        f"{number} expired sign-ins: {deleted} rows deleted in {seconds:.1f} s, {left} tokens left;"
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
