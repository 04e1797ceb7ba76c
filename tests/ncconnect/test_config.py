"""The environment: typed, coherent, and every fault told at once."""

import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from ncconnect import config
from ncconnect.config import ConfigurationError

KEY = "kDa3-9xQ_tLw" * 5
PRODUCTION = {
    "ISSUER": "https://connect.example/auth/",
    "SECRET_KEY": KEY,
    "EMAIL_URL": "smtp://user:p%40ss@mail.example?tls=starttls",
    "TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.1",
}


def test_the_defaults_are_enough_for_the_demonstration(tmp_path):
    read = config.load({"DEMO_MODE": "1", "DATA_DIR": str(tmp_path), "PORT": "8123"})
    assert read.issuer == "http://127.0.0.1:8123"
    assert read.database_url == f"sqlite:///{tmp_path}/ncconnect.sqlite3"
    assert len(read.secret_key) >= config.LEAST_SECRET_KEY


def test_the_generated_key_is_made_once_and_read_by_its_owner_only(tmp_path):
    environment = {"DEMO_MODE": "1", "DATA_DIR": str(tmp_path)}
    assert config.load(environment).secret_key == config.load(environment).secret_key
    [file] = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_production_is_read_as_written():
    read = config.load(PRODUCTION)
    assert read.issuer == "https://connect.example/auth"
    assert [str(network) for network in read.trusted_proxies] == ["10.0.0.0/8", "192.0.2.1/32"]
    mail = config.smtp(read.email_url)
    assert (mail.host, mail.port, mail.password, mail.starttls) == (
        "mail.example",
        587,
        "p@ss",
        True,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "no number"),
        ("PORT", "70000"),
        ("DEMO_MODE", "perhaps"),
        ("ISSUER", "connect.example"),
        ("ISSUER", "https://connect.example?a=b"),
        ("ISSUER", "https://connect.example:x"),
        ("ISSUER", "http://connect.example"),
        ("DATABASE_URL", "mysql://a/b"),
        ("REDIS_URL", "localhost:6379"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", ""),
        ("EMAIL_URL", "mail.example"),
        ("EMAIL_URL", "smtp://mail.example?tls=perhaps"),
        ("EMAIL_URL", "smtp://mail.example:x"),
        ("EMAIL_URL", ""),
        ("CAPTCHA_BACKEND", "other"),
        ("CAPTCHA_BACKEND", "recaptcha"),
        ("TRUSTED_PROXIES", "everybody"),
        ("PASSWORD_MIN_LENGTH", "4"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_missing_or_malformed_value_is_named(name, value):
    with pytest.raises(ConfigurationError) as error:
        config.load(PRODUCTION | {name: value})
    if name != "CAPTCHA_BACKEND" or value == "other":
        assert f"  - {name}: " in str(error.value)
    else:
        assert "RECAPTCHA_PUBLIC_KEY: missing" in str(error.value)


def test_all_the_faults_are_in_one_message():
    """Those of a value by itself and those of values that cannot stand together."""
    changes = {"PORT": "x", "ISSUER": "y", "EMAIL_URL": "z", "SECRET_KEY": "short"}
    with pytest.raises(ConfigurationError) as error:
        config.load(PRODUCTION | changes | {"CAPTCHA_BACKEND": "recaptcha"})
    named = [line.partition(":")[0] for line in str(error.value).split("\n  - ")[1:]]
    assert sorted(named) == sorted([*changes, "RECAPTCHA_PUBLIC_KEY", "RECAPTCHA_PRIVATE_KEY"])


def test_nothing_is_made_for_a_configuration_with_faults(tmp_path):
    with pytest.raises(ConfigurationError):
        config.load({"DATA_DIR": str(tmp_path / "data"), "PORT": "x"})
    assert not (tmp_path / "data").exists()


def test_a_start_with_faults_stops_with_that_message_and_no_trace():
    run = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=Path(config.BASE_DIR),
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "SECRET_KEY: missing" in run.stderr
    assert "ISSUER: expected https://" in run.stderr
    assert "Traceback" not in run.stderr


def test_no_other_file_of_the_service_reads_the_environment():
    readers = [
        str(file.relative_to(config.BASE_DIR))
        for floor in ("ncconnect", "accounts", "oidc_provider")
        for file in (config.BASE_DIR / floor).rglob("*.py")
        if re.search(r"os\.environ(\[|\.get)|getenv", file.read_text())
    ]
    assert readers == ["ncconnect/config.py"]


@pytest.mark.parametrize("issuer", ["https://connect.gouv.nc", "https://192.0.2.1:8443/auth"])
def test_the_demonstration_does_not_start_in_public(issuer, tmp_path):
    """It shows everybody's mailbox."""
    environment = {"DEMO_MODE": "1", "DATA_DIR": str(tmp_path), "ISSUER": issuer}
    with pytest.raises(ConfigurationError, match="DEMO_MODE: everybody's mails"):
        config.load(environment)
    config.load(environment | {"ISSUER": "https://localhost:8443"})  # nobody else reads it there


@pytest.mark.parametrize("key", ["a" * 50, "abc" * 30, "0123456789"[:9] * 8])
def test_a_key_that_anybody_guesses_starts_no_site(key):
    with pytest.raises(ConfigurationError, match="SECRET_KEY: not random"):
        config.load(PRODUCTION | {"SECRET_KEY": key})


@pytest.mark.parametrize(
    "key", [secrets.token_hex(32), secrets.token_urlsafe(64)], ids=["hexadecimal", "base64"]
)
def test_a_random_key_does(key):
    assert config.load(PRODUCTION | {"SECRET_KEY": key}).secret_key == key


@pytest.mark.parametrize("name", ["RECAPTCHA_PUBLIC_KEY", "RECAPTCHA_PRIVATE_KEY"])
@pytest.mark.parametrize("key", sorted(config.RECAPTCHA_TEST_KEYS))
def test_googles_test_keys_let_every_robot_in_and_start_no_site(name, key):
    keys = {"RECAPTCHA_PUBLIC_KEY": "a", "RECAPTCHA_PRIVATE_KEY": "b"}
    environment = PRODUCTION | {"CAPTCHA_BACKEND": "recaptcha"} | keys
    config.load(environment)
    with pytest.raises(ConfigurationError, match=f"{name}: Google's test key"):
        config.load(environment | {name: key})
