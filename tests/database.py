"""Everything that lies in the database, as somebody would read it who stole it."""

import base64
import binascii
from uuid import UUID


def everything() -> bytes:
    """Every column of every row of every table, in one piece."""
    from django.db import connection

    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found += [_raw(value) for row in cursor.fetchall() for value in row]
    return b"\n".join(found)


def holds(dump: bytes, secret: str) -> bool:
    """Whether the secret stands there, as it is written or as the bytes that it spells."""
    return any(form in dump for form in _forms(secret))


def _forms(secret: str) -> list[bytes]:
    forms = [secret.encode(), secret.encode().hex().encode()]
    try:
        spelt = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    except (binascii.Error, ValueError):
        return forms
    return [*forms, spelt, spelt.hex().encode()]


def _raw(value: object) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return (value.hex if isinstance(value, UUID) else str(value)).encode()
