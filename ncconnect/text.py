"""Text as people type and paste it, read as they meant it: one reading for each kind of text.

Every door uses the same one: form, address, command, administration. What a text may *say* is its
own rule, elsewhere; here is only what its way through keyboards, mails and files added to it.
E-mail addresses have theirs in accounts.email_identity, passwords in accounts.passwords.
"""

import codecs
import re
import unicodedata
from pathlib import Path

# They join letters of some scripts, and are part of names and of domains (RFC 5892, appendix A).
JOINERS = "\u200c\u200d"
# Default_Ignorable_Code_Point beside the format characters (DerivedCoreProperties.txt).
_IGNORABLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]")
_FULL_WIDTH = {0xFF01 + place: 0x21 + place for place in range(94)}
_BETWEEN_DIGITS = re.compile(r"[\s.\-()/\u2010-\u2015\u2212]")
# What stands in for the plus sign where there is none (ITU-T E.123): two zeros, before a number
# that is long enough to have a country in it.
_ABROAD = re.compile(r"00(?=[1-9][0-9]{7,14}$)")


class NotText(ValueError):
    """A file holds no text in UTF-8; the message says what it seems to hold."""


def is_invisible(character: str) -> bool:
    """Does it show nothing, wherever it stands? Copying brings such characters along."""
    return unicodedata.category(character) == "Cf" or bool(_IGNORABLE.match(character))


def without_invisible(text: str) -> str:
    """Without what nobody sees and nobody typed; joiners stay."""
    return "".join(c for c in text if c in JOINERS or not is_invisible(c))


def named(character: str) -> str:
    """« é »; its number too when it looks like another; the number alone when it shows nothing."""
    number = f"U+{ord(character):04X}"
    if not character.isprintable() or is_invisible(character):
        return number
    shown = f"« {character} »"
    alike = unicodedata.normalize("NFKC", character) != character
    return f"{shown} ({number})" if alike else shown


def half_width(text: str) -> str:
    """The ASCII that East Asian keyboards write wide (U+FF01 to U+FF5E), as ASCII."""
    return text.translate(_FULL_WIDTH)


def line(text: str) -> str:
    """A name, or another line: composed letters (NFC), one space between words, none around."""
    return " ".join(unicodedata.normalize("NFC", without_invisible(text)).split())


def code(text: str) -> str:
    """A code of digits: the digits of any script as ASCII, without what is written between them."""
    return _BETWEEN_DIGITS.sub("", "".join(map(_ascii_digit, half_width(without_invisible(text)))))


def phone_number(text: str) -> str:
    """As E.164 has it, without what is written between digits. It may be no number all the same.

    RFC 3966, section 5.1.1, names the separators; a ``tel:`` in front is of a copied link.
    """
    digits = code(text.strip().removeprefix("tel:"))
    return _ABROAD.sub("+", digits)


def _ascii_digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def of_file(file: Path) -> str:
    """The text of a file that an operator wrote, on whatever system. Raises OSError, NotText."""
    return of_bytes(file.read_bytes())


def of_bytes(content: bytes) -> str:
    """UTF-8, with or without the mark that Windows puts in front; line ends as they are."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise NotText("it is in UTF-16: save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotText(f"it is not in UTF-8 (byte {error.start + 1}): save it as UTF-8") from None
