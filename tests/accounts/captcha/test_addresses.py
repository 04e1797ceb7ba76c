"""The addresses of pictures and sounds: for one browser, until the test is answered."""

import io
import wave
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image

from ncconnect import ratelimit


def test_a_sheet_is_served_to_nobody_else_and_kept_by_nobody(visitor, stranger):
    address = visitor.form.sources[0]
    response = visitor.client.get(address)
    assert response["Content-Type"] == "image/jpeg"
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    assert Image.open(io.BytesIO(response.content)).size == (264, 264)
    assert stranger.client.get(address).status_code == 404


def test_a_browser_without_a_cookie_gets_nothing(visitor):
    address = visitor.form.sources[0]
    visitor.client.cookies.clear()
    assert visitor.client.get(address).status_code == 404


def test_a_reload_shows_the_same_bytes(visitor):
    address = visitor.form.sources[0]
    assert visitor.client.get(address).content == visitor.client.get(address).content


def test_no_two_tests_show_the_same_bytes(visitor):
    seen = set()
    for _test in range(3):
        visitor.opens()
        seen.add(visitor.client.get(visitor.form.sources[0]).content)
    assert len(seen) == 3


def test_addresses_do_not_carry_the_token(visitor):
    assert all(visitor.token not in address for address in visitor.form.sources)


@pytest.mark.parametrize("outcome", ["answers", "answers_wrongly"])
def test_pictures_are_gone_once_the_test_is_answered(visitor, outcome):
    address = visitor.form.sources[0]
    getattr(visitor, outcome)(name="Wamytan")
    assert visitor.client.get(address).status_code == 404


def test_pictures_are_gone_after_twenty_minutes(visitor, time_machine):
    time_machine.move_to(timezone.now() + timedelta(minutes=21))
    assert visitor.client.get(visitor.form.sources[0]).status_code == 404


@pytest.mark.parametrize(
    "address",
    ["/captcha/x/images.jpg", "/captcha/%00/images.jpg", "/captcha/x/%ff", "/captcha/x/code.wav"],
)
def test_an_unknown_address_is_not_found(visitor, address):
    assert visitor.client.get(address).status_code == 404


def test_the_address_of_the_pictures_plays_no_sound(visitor):
    base = visitor.form.sources[0].rpartition("/")[0]
    assert visitor.client.get(f"{base}/code.wav").status_code == 404


def test_an_address_is_only_read(visitor):
    assert visitor.client.post(visitor.form.sources[0]).status_code == 405


def test_beyond_the_limit_pictures_wait(visitor, monkeypatch):
    limit = ratelimit.Limit(2, 60, "network", "Sheets drawn.")
    monkeypatch.setitem(ratelimit.LIMITS, "captcha_image", limit)
    codes = [visitor.client.get(address).status_code for address in visitor.form.sources[:3]]
    assert codes == [200, 200, 429]
    assert int(visitor.client.get(visitor.form.sources[0])["Retry-After"]) > 0


def test_the_sound_is_a_wav_file(visitor):
    visitor.presses("captcha_audio")
    response = visitor.client.get(visitor.form.sources[0])
    assert response["Content-Type"] == "audio/wav"
    assert "no-store" in response["Cache-Control"]
    with wave.open(io.BytesIO(response.content)) as sound:
        assert 5 < sound.getnframes() / 8000 < 11


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-1", 0, 1), ("bytes=100-", 100, None), ("bytes=-10", -10, None)],
)
def test_a_player_may_ask_for_a_part(visitor, asked, first, last):
    """RFC 9110, section 14.2: Safari plays nothing that does not answer ranges."""
    visitor.presses("captcha_audio")
    address = visitor.form.sources[0]
    whole = visitor.client.get(address).content
    part = visitor.client.get(address, headers={"Range": asked})
    assert part.status_code == 206
    assert part.content == whole[first : None if last is None else last + 1]
    assert part["Content-Range"].endswith(f"/{len(whole)}")


@pytest.mark.parametrize(
    ("asked", "status"),
    [("bytes=9999999-", 416), ("bytes=5-1", 416), ("bytes=-", 200), ("lines=1-2", 200)],
)
def test_a_part_that_does_not_exist_is_said_so(visitor, asked, status):
    visitor.presses("captcha_audio")
    response = visitor.client.get(visitor.form.sources[0], headers={"Range": asked})
    assert response.status_code == status
