"""Speak a code of digits: recorded voices, never twice alike, with other voices behind them.

Each digit has a pitch and an uneven speed of its own; the whole goes through another room and
another telephone each time; five other digits are murmured behind, BABBLE softer. A person follows
the loud voice. What it does to a machine is in docs/captcha.md; how few sounds a network gets is
what holds the rest.

Standard library only. Everything random comes from a seed, so that a reload plays the same sound.
"""

import functools
import io
import math
import random
import wave

from accounts.captcha import catalogue
from accounts.captcha.catalogue import SAMPLE_RATE
from accounts.captcha.randomness import generator

PITCH = (0.78, 1.30)  # times as high, and as fast
UNEVEN = 0.12  # of the speed, up and down within a digit
GAIN = (0.75, 1.0)
PAUSE = (0.45, 0.70)  # seconds between two digits
TILT = 8  # decibels that low notes gain or lose over high ones
ECHO = (0.06, 0.15)  # seconds
ECHO_GAIN = (0.10, 0.30)
BABBLE = 6  # decibels under the voice
MURMURS = 5
NOISE = 3  # peak, of 128
_SILENCE = 128  # the zero of 8-bit WAV samples, which are unsigned
_LOUDEST = 120

Samples = list[float]


def speak(*, seed: bytes, digits: str, language: str) -> bytes:
    """A WAV file (8 kHz, mono, 8 bits) that says the digits in this language, French by default."""
    rng = generator(seed)
    language = language.partition("-")[0]
    if language not in catalogue.LANGUAGES:
        language = "fr"
    voice = voiced(digits, language, rng)
    behind = babble(len(voice), language, rng)
    share = loudness(voice) / loudness(behind) * 10 ** (-BABBLE / 20)
    mixed = [one + share * other for one, other in zip(voice, behind, strict=True)]
    scale = _LOUDEST / max(map(abs, mixed))
    return _as_wav(_noisy([_SILENCE + int(value * scale) for value in mixed], rng))


@functools.lru_cache(maxsize=32)
def speak_cached(seed: bytes, digits: str, language: str) -> bytes:
    """``speak``, remembering the last 32 sounds of this process (about 2 MB)."""
    return speak(seed=seed, digits=digits, language=language)


def voiced(digits: str, language: str, rng: random.Random) -> Samples:
    """The digits one after the other, in one voice."""
    voice = rng.choice(catalogue.voices(language))
    samples = [0.0] * int(SAMPLE_RATE * 0.3)
    for digit in digits:
        samples += _said(catalogue.recording(language, voice, int(digit)), rng)
        samples += [0.0] * int(SAMPLE_RATE * rng.uniform(*PAUSE))
    return _echoed(_tilted(samples, rng), rng)


def babble(length: int, language: str, rng: random.Random) -> Samples:
    """Other digits in other voices, here and there, over as many samples."""
    samples = [0.0] * length
    for _murmur in range(MURMURS):
        voice = rng.choice(catalogue.voices(language))
        place = rng.randrange(SAMPLE_RATE // 2)
        while place < length:
            said = _said(catalogue.recording(language, voice, rng.randrange(10)), rng)
            for offset, value in enumerate(said[: length - place]):
                samples[place + offset] += value
            place += len(said) + rng.randrange(SAMPLE_RATE // 8, SAMPLE_RATE)
    return samples


def loudness(samples: Samples) -> float:
    """The root mean square of what is not silent."""
    squares = [value * value for value in samples if abs(value) > 1]
    return math.sqrt(sum(squares) / max(1, len(squares)))


def _said(recording, rng: random.Random) -> Samples:
    """A recording at another pitch and strength, now faster and now slower."""
    pitch, gain = rng.uniform(*PITCH), rng.uniform(*GAIN) / 256
    count = int(len(recording) / pitch) - 1
    swing = UNEVEN * count / math.tau
    turns, start = rng.uniform(0.5, 1.5), rng.uniform(0, math.tau)
    step = math.tau * turns / count
    still = math.sin(start)
    last = len(recording) - 1
    return [
        recording[min(last, max(0, int(pitch * place)))] * gain
        for place in (
            number + swing / turns * (math.sin(start + step * number) - still)
            for number in range(count)
        )
    ]


def _tilted(samples: Samples, rng: random.Random) -> Samples:
    """Low notes stronger or weaker than high ones, as rooms and telephones make them."""
    low_gain, high_gain = (10 ** (rng.uniform(-TILT, TILT) / 40) for _band in range(2))
    weight = rng.uniform(0.15, 0.5)
    low, tilted = 0.0, []
    for value in samples:
        low += weight * (value - low)
        tilted.append(low * low_gain + (value - low) * high_gain)
    return tilted


def _echoed(samples: Samples, rng: random.Random) -> Samples:
    """With what a wall sends back."""
    delay, gain = int(SAMPLE_RATE * rng.uniform(*ECHO)), rng.uniform(*ECHO_GAIN)
    before = [0.0] * delay + samples
    return [value + gain * late for value, late in zip(samples, before, strict=False)]


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
