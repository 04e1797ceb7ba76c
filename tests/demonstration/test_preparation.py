"""What the demonstration refuses to start on, and what it keeps."""

import socket
import stat

import polib
import pytest
from django.core.management import CommandError

from ncconnect.demonstration import catalogues, preparation


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_in_use_is_one_sentence_that_says_what_to_do(taken_port):
    with pytest.raises(CommandError, match=f"make run DEMO_PORT={taken_port + 100}"):
        preparation.require_free_ports("127.0.0.1", {"DEMO_PORT": taken_port})


def test_the_two_ports_must_differ():
    with pytest.raises(CommandError, match="PORT and DEMO_PORT must differ"):
        preparation.require_free_ports("127.0.0.1", {"PORT": 8749, "DEMO_PORT": 8749})


def test_two_demonstrations_do_not_share_a_data_directory(tmp_path):
    with preparation.lock(tmp_path), pytest.raises(CommandError, match="already runs"):
        preparation.lock(tmp_path)
    preparation.lock(tmp_path).close()


def test_a_secret_is_drawn_once_and_only_its_owner_reads_it(tmp_path):
    file = tmp_path / "secret"
    secret = preparation.kept_secret(file)
    assert len(secret) >= 43  # 256 bits in base64
    assert preparation.kept_secret(file) == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_newer_translation_is_compiled_and_an_unchanged_one_is_left_alone(tmp_path):
    folder = tmp_path / "locale" / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    catalogue.append(polib.POEntry(msgid="Se connecter", msgstr="Sign in"))
    catalogue.save(str(folder / "django.po"))
    assert catalogues.compile_all(tmp_path) == 1
    assert catalogues.compile_all(tmp_path) == 0
    compiled = polib.mofile(str(folder / "django.mo"))
    assert compiled.find("Se connecter").msgstr == "Sign in"
