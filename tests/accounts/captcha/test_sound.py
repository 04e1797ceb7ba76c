"""The spoken code: a valid sound, long enough, never the same twice."""

import io
import itertools
import time
import wave

import pytest

from accounts.captcha import audio, catalogue
from accounts.captcha.randomness import generator


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


def test_six_digits_are_said_apart():
    """Six bursts of the voice, apart by a third of a second at least."""
    voice = audio.voiced("024689", "fr", generator(b"1"))
    loud = [place for place, value in enumerate(voice) if abs(value) > 12]
    bursts = 1 + sum(later - sooner > 2400 for sooner, later in itertools.pairwise(loud))
    assert bursts == 6


def test_the_voice_is_louder_than_what_is_murmured_behind_it():
    """People with a hearing loss, whom the sound serves, must be able to follow the voice."""
    assert audio.BABBLE >= 6
    rng = generator(b"1")
    voice = audio.voiced("024689", "fr", rng)
    behind = audio.babble(len(voice), "fr", rng)
    assert len(behind) == len(voice)
    assert audio.loudness(behind) > 0


def test_the_murmur_has_no_silence_to_cut_digits_out_at():
    behind = audio.babble(8 * 8000, "fr", generator(b"2"))
    windows = [behind[start : start + 4000] for start in range(0, len(behind), 4000)]
    assert sum(audio.loudness(window) > 3 for window in windows) >= len(windows) - 1


def test_the_same_digit_is_never_said_twice_alike():
    recording = catalogue.recording("fr", catalogue.voices("fr")[0], 7)
    rng = generator(b"3")
    lengths = {len(audio._said(recording, rng)) for _time in range(20)}
    assert max(lengths) > 1.3 * min(lengths)


def test_a_sound_costs_little_processor():
    """About 110 ms (docs/captcha.md), five times an hour and network."""
    start = time.process_time()
    speak(b"cost")
    assert time.process_time() - start < 0.6
