"""Text as people type and paste it, read as they meant it."""

import codecs
import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from ncconnect import text


@pytest.mark.parametrize(
    "typed",
    ["123456", "123 456", "12-34-56", "１２３４５６", "١٢٣٤٥٦", "\u200b123\u00a0456\n", "123.456"],
)
def test_a_code_is_its_digits_in_any_script(typed):
    assert text.code(typed) == "123456"


def test_what_is_no_digit_stays_in_a_code():
    assert text.code("12a456") == "12a456"


@given(st.text(max_size=40))
def test_a_line_is_made_once_for_all(typed):
    assert text.line(text.line(typed)) == text.line(typed)
    assert text.line(f"\ufeff {typed} ") == text.line(typed)


def test_joiners_stay_where_scripts_need_them():
    assert text.line("ক্\u200dষ") == "ক্\u200dষ"


@pytest.mark.parametrize(
    ("content", "read"),
    [
        ("Koné".encode(), "Koné"),
        (codecs.BOM_UTF8 + b"a\r\nb", "a\r\nb"),
    ],
)
def test_a_file_of_any_system_is_read(tmp_path, content, read):
    (tmp_path / "file").write_bytes(content)
    assert text.of_file(tmp_path / "file") == read


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Koné".encode("utf-16"), "it is in UTF-16: save it as UTF-8"),
        ("Koné".encode("latin-1"), "it is not in UTF-8 .byte 4.: save it as UTF-8"),
    ],
)
def test_another_encoding_is_said(content, said):
    with pytest.raises(text.NotText, match=said):
        text.of_bytes(content)


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["create_account", "register_relying_party", "import_subjects"])
def test_each_command_reads_what_windows_wrote(command, tmp_path, capsys):
    """Notepad writes the mark of UTF-8 and CR LF; PowerShell writes UTF-16, and is told so."""
    written = {
        "create_account": json.dumps({"family_name": "Koné"}, indent=1, ensure_ascii=False),
        "register_relying_party": json.dumps(
            {"client_name": "impôts", "redirect_uris": ["https://impots.example.nc/r"]}, indent=1
        ),
        "import_subjects": "account,sector,sub\n",
    }[command].replace("\n", "\r\n")
    file = tmp_path / "file"
    arguments = [file] if command != "create_account" else []
    options = {"email": "moana@exemple.nc", "claims": file} if not arguments else {}
    file.write_bytes(written.encode("utf-16"))
    with pytest.raises(CommandError, match="UTF-16"):
        call_command(command, *arguments, **options)
    file.write_bytes(codecs.BOM_UTF8 + written.encode())
    call_command(command, *arguments, **options)
    assert json.loads(capsys.readouterr().out)


@pytest.mark.django_db
def test_a_password_that_powershell_pipes_is_the_one_that_was_meant(monkeypatch, capsys):
    from accounts.models import User

    monkeypatch.setattr(sys, "stdin", io.StringIO("\ufeffTortue Luth 2026\r\n"))
    call_command("create_account", email="moana@exemple.nc", password_stdin=True)
    assert User.objects.get().check_password("Tortue Luth 2026")
