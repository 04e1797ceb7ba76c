"""Speak a code of digits: recorded voices, varied speed, strength and pauses, a little noise.

Standard library only. Everything random comes from a seed, so that a reload plays the same sound.
"""

import functools
import io
import random
import wave

from accounts.captcha import catalogue
from accounts.captcha.catalogue import SAMPLE_RATE
from accounts.captcha.randomness import generator

SPEED = (0.90, 1.10)
GAIN = (0.65, 1.0)
PAUSE = (0.50, 0.80)  # seconds between two digits
NOISE = 3  # peak, of 128
_SILENCE = 128  # the zero of 8-bit WAV samples, which are unsigned


def speak(*, seed: bytes, digits: str, language: str) -> bytes:
    """A WAV file (8 kHz, mono, 8 bits) that says the digits in this language, French by default."""
    rng = generator(seed)
    language = language.partition("-")[0]
    if language not in catalogue.LANGUAGES:
        language = "fr"
    voice = rng.choice(catalogue.voices(language))
    samples = [_SILENCE] * int(SAMPLE_RATE * 0.3)
    for digit in digits:
        samples += _said(catalogue.recording(language, voice, int(digit)), rng)
        samples += [_SILENCE] * int(SAMPLE_RATE * rng.uniform(*PAUSE))
    return _as_wav(_noisy(samples, rng))


@functools.lru_cache(maxsize=32)
def speak_cached(seed: bytes, digits: str, language: str) -> bytes:
    """``speak``, remembering the last 32 sounds of this process (about 2 MB)."""
    return speak(seed=seed, digits=digits, language=language)


def _said(recording, rng: random.Random) -> list[int]:
    """A recording at another speed and strength, as 8-bit samples."""
    speed = rng.uniform(*SPEED)
    gain = rng.uniform(*GAIN) / 256
    places = range(int(len(recording) / speed))
    return [_SILENCE + int(recording[int(place * speed)] * gain) for place in places]


def _noisy(samples: list[int], rng: random.Random) -> bytes:
    """The samples under a light hiss, within the bounds of a byte."""
    span = 2 * NOISE + 1
    hiss = rng.randbytes(len(samples)).translate(bytes(value % span for value in range(256)))
    return bytes(
        min(255, max(0, sample + noise - NOISE))
        for sample, noise in zip(samples, hiss, strict=True)
    )


def _as_wav(frames: bytes) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 1, SAMPLE_RATE, len(frames), "NONE", ""))
        sound.writeframes(frames)
    return out.getvalue()
