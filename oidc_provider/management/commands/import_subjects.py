"""manage.py import_subjects: the identifiers that people had at a former provider."""

import csv
import io
import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from ncconnect import text
from oidc_provider.partners.subject_import import (
    COLUMNS,
    ChangedMeanwhile,
    InvalidSubjects,
    Row,
    import_subjects,
)


class Command(BaseCommand):
    help = (
        "Keeps the subject identifiers of a former provider. The file is CSV in UTF-8 with the "
        f"columns {', '.join(COLUMNS)}: an e-mail address or account identifier; the host that is "
        "the partner's sector, or public; the sub. Nothing is stored when there is a fault."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **options) -> None:
        rows = _read(file)
        try:
            new = import_subjects(rows)
        except InvalidSubjects as error:
            faults = "".join(f"\n  - {fault}" for fault in error.faults)
            raise CommandError(f"Nothing is stored. The file has faults:{faults}") from None
        except ChangedMeanwhile:
            raise CommandError(
                "Nothing is stored: somebody got an identifier meanwhile. Import again."
            ) from None
        self.stdout.write(json.dumps({"imported": new, "there_already": len(rows) - new}))


def _read(file: Path) -> list[Row]:
    """The lines of the file. Raises CommandError when it has not the three columns."""
    try:
        lines = csv.DictReader(io.StringIO(text.of_file(file), newline=""), strict=True)
        if sorted(lines.fieldnames or ()) != sorted(COLUMNS):
            raise CommandError(f"{file}: expected the columns {', '.join(COLUMNS)}")
        return [
            Row(lines.line_num, *((line[name] or "").strip() for name in COLUMNS))
            for line in lines
            if _is_whole(line, file, lines.line_num)
        ]
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from None
    except text.NotText as error:
        raise CommandError(f"{file}: {error}") from None
    except csv.Error as error:
        raise CommandError(f"{file}: not CSV ({error})") from None


def _is_whole(line: dict, file: Path, number: int) -> bool:
    if None in line or None in line.values():
        raise CommandError(f"{file}: line {number} has not {len(COLUMNS)} values")
    return True
