"""Keeping the ``sub`` that a former provider gave, so that partners know people by it (Core, 2).

All or nothing: the whole file is judged, every fault is told with its line, and only a file without
a fault is stored. What is there already is not a fault, so that a file may be imported twice.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db import IntegrityError, transaction

from accounts.email_identity import InvalidEmail, canonical
from accounts.models import User
from ncconnect import audit
from oidc_provider.claims.subjects import PUBLIC_SECTOR
from oidc_provider.models import RelyingParty, SubjectIdentifier

COLUMNS = ("account", "sector", "sub")
PUBLIC = "public"  # the sector of partners that are registered for public subjects
MAX_SUB = 255  # ASCII characters (Core, section 2)
BATCH = 500


@dataclass(frozen=True)
class Row:
    """A line of the file: an account by its address or identifier, a sector by its host."""

    line: int
    account: str
    sector: str
    sub: str


class InvalidSubjects(Exception):
    """``faults``: one sentence a fault, each beginning with its line."""

    def __init__(self, faults: list[str]):
        super().__init__("; ".join(faults))
        self.faults = faults


class ChangedMeanwhile(Exception):
    """Somebody got an identifier while the file was judged. Nothing is stored: import again."""


def import_subjects(rows: Sequence[Row]) -> int:
    """Store them; how many are new. Raises InvalidSubjects, ChangedMeanwhile."""
    accounts = _accounts(rows)
    faults = [*_faults(rows, accounts), *_repetitions(rows, accounts)]
    known, conflicts = _compared(rows, accounts)
    if faults or conflicts:
        raise InvalidSubjects(sorted([*faults, *conflicts], key=_line))
    new = [
        SubjectIdentifier(user_id=accounts[row.account], sector=_sector(row), sub=row.sub)
        for row in rows
        if row not in known
    ]
    try:
        with transaction.atomic():
            SubjectIdentifier.objects.bulk_create(new, batch_size=BATCH)
            audit.record("subjects_imported", count=len(new))
    except IntegrityError:
        raise ChangedMeanwhile from None
    return len(new)


def _batches(items: Iterable) -> Iterator[tuple]:
    """Few enough for the parameters of one statement."""
    left = iter(items)
    while some := tuple(islice(left, BATCH)):
        yield some


def _line(fault: str) -> int:
    return int(fault.partition(":")[0].removeprefix("line "))


def _sector(row: Row) -> str:
    return PUBLIC_SECTOR if row.sector == PUBLIC else row.sector


# --- Who is meant


def _accounts(rows: Sequence[Row]) -> dict[str, uuid.UUID]:
    """Each ``account`` that there is, as written → its key."""
    named = {row.account: _reference(row.account) for row in rows}
    wanted = {reference for reference in named.values() if reference}
    found: dict[str | uuid.UUID, uuid.UUID] = {}
    for some in _batches(wanted):
        emails = [reference for reference in some if isinstance(reference, str)]
        keys = [reference for reference in some if isinstance(reference, uuid.UUID)]
        found |= dict(User.objects.filter(email__in=emails).values_list("email", "pk"))
        found |= {pk: pk for pk in User.objects.filter(pk__in=keys).values_list("pk", flat=True)}
    return {text: found[reference] for text, reference in named.items() if reference in found}


def _reference(account: str) -> str | uuid.UUID | None:
    if "@" not in account:
        try:
            return uuid.UUID(account)
        except ValueError:
            return None
    try:
        return canonical(account)
    except InvalidEmail:
        return None


# --- What is wrong


def _faults(rows: Iterable[Row], accounts: dict[str, uuid.UUID]) -> Iterator[str]:
    """A row by itself."""
    sectors = {PUBLIC, *RelyingParty.objects.values_list("sector", flat=True)}
    for row in rows:
        if row.account not in accounts:
            yield f"line {row.line}: account: there is none of this address or identifier"
        if row.sector not in sectors:
            yield f"line {row.line}: sector: no registered partner has it"
        if not (0 < len(row.sub) <= MAX_SUB and row.sub.isascii() and row.sub.isprintable()):
            yield f"line {row.line}: sub: expected 1 to {MAX_SUB} printable ASCII characters"


def _repetitions(rows: Iterable[Row], accounts: dict[str, uuid.UUID]) -> Iterator[str]:
    """Two rows about one person, or about one sub, in one sector."""
    people: dict[tuple, int] = {}
    subs: dict[tuple, int] = {}
    for row in rows:
        person = accounts.get(row.account, row.account)
        first = people.setdefault((row.sector, person), row.line)
        if first != row.line:
            yield f"line {row.line}: account: already on line {first}, in the same sector"
        first = subs.setdefault((row.sector, row.sub), row.line)
        if first != row.line:
            yield f"line {row.line}: sub: already on line {first}, in the same sector"


def _compared(rows: Iterable[Row], accounts: dict[str, uuid.UUID]) -> tuple[set[Row], list[str]]:
    """The rows that are stored already, and the faults of those that contradict what is."""
    known, faults = set(), []
    for some in _batches(rows):
        subs, people = _stored(some, accounts)
        for row in some:
            key = accounts.get(row.account)
            mine, owner = people.get((key, _sector(row))), subs.get((_sector(row), row.sub))
            if key and owner == key:
                known.add(row)
            elif mine is not None:
                faults.append(f"line {row.line}: account: it has another sub in this sector")
            elif owner is not None:
                faults.append(f"line {row.line}: sub: another account has it in this sector")
    return known, faults


def _stored(some: Sequence[Row], accounts: dict[str, uuid.UUID]) -> tuple[dict, dict]:
    """(sector, sub) → person, and (person, sector) → sub, of what may concern these rows."""
    values = ("user_id", "sector", "sub")
    by_sub = SubjectIdentifier.objects.filter(sub__in=[row.sub for row in some])
    keys = [accounts[row.account] for row in some if row.account in accounts]
    by_person = SubjectIdentifier.objects.filter(user_id__in=keys)
    subs = {(sector, sub): user for user, sector, sub in by_sub.values_list(*values)}
    people = {(user, sector): sub for user, sector, sub in by_person.values_list(*values)}
    return subs, people
