"""The spoken code: a valid sound, long enough, never the same twice."""

import io
import itertools
import wave

import pytest

from accounts.captcha import audio, catalogue


def speak(seed: bytes = b"1", digits: str = "024689", language: str = "fr") -> bytes:
    return audio.speak(seed=seed, digits=digits, language=language)


@pytest.mark.parametrize("language", ["fr", "en", "en-gb", "de"])
def test_the_code_is_a_wav_file_of_a_few_seconds(language):
    content = speak(language=language)
    with wave.open(io.BytesIO(content)) as sound:
        assert sound.getparams()[:3] == (1, 1, 8000)
        assert 5 < sound.getnframes() / 8000 < 11
        assert len(sound.readframes(sound.getnframes())) == sound.getnframes()
    assert len(content) < 90_000


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_every_digit_is_recorded_in_several_voices(language):
    voices = catalogue.voices(language)
    assert len(voices) >= 2
    for voice in voices:
        for digit in range(10):
            seconds = len(catalogue.recording(language, voice, digit)) / catalogue.SAMPLE_RATE
            assert 0.2 < seconds < 1.5
            assert max(catalogue.recording(language, voice, digit)) > 10_000


def test_a_reload_plays_the_same_sound():
    assert speak() == speak()


def test_two_tests_never_share_the_bytes_of_a_code():
    assert len({speak(b"%d" % number) for number in range(10)}) == 10


def test_the_sound_follows_the_digits():
    assert speak(digits="000000") != speak(digits="111111")


def test_digits_are_heard_and_pauses_are_quiet():
    """Six bursts of sound, apart by half a second at least."""
    with wave.open(io.BytesIO(speak())) as sound:
        samples = sound.readframes(sound.getnframes())
    loud = [place for place, value in enumerate(samples) if abs(value - 128) > 12]
    bursts = 1 + sum(later - sooner > 3200 for sooner, later in itertools.pairwise(loud))
    assert bursts == 6
