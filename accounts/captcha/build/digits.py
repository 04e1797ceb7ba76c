"""Record the digits of the audio test with espeak-ng. Developer tool, not run by the site.

Writes data/digits.zip: one 8 kHz mono 16-bit recording a digit, named language/voice/digit.wav.
See docs/captcha.md. Needs the espeak-ng program and the standard library.
"""

import array
import io
import itertools
import subprocess
import wave
import zipfile
from pathlib import Path

DATA = Path(__file__).parent.parent / "data"
RATE = 8000
# Variants of espeak-ng, with the speed (words a minute) at which each is clear.
VOICES = {"f2": 125, "m3": 100, "f4": 130}
WORDS = {
    "fr": ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}
ZIP_DATE = (2026, 1, 1, 0, 0, 0)
# Softer than this is silence, cut at both ends of a recording.
SILENCE = 300


def speak(word, language, voice, speed):
    """The word as espeak-ng says it: (samples, rate)."""
    command = [
        "espeak-ng",
        "-v",
        f"{language}+{voice}",
        "-s",
        str(speed),
        "-a",
        "150",
        "--stdout",
        word,
    ]
    sound = subprocess.run(command, check=True, capture_output=True).stdout
    # espeak-ng writes a stream header without a length: the samples follow its 44 bytes.
    return array.array("h", sound[44:]), int.from_bytes(sound[24:28], "little")


def resample(samples, rate):
    """Down to RATE: each sample is the mean of those it covers, which also filters them."""
    step = rate / RATE
    edges = [round(position * step) for position in range(int(len(samples) / step) + 1)]
    return array.array(
        "h",
        (sum(samples[left:right]) // (right - left) for left, right in itertools.pairwise(edges)),
    )


def trim(samples):
    """Without the silence around, and as loud as the others."""
    loud = [place for place, value in enumerate(samples) if abs(value) > SILENCE]
    cut = samples[max(0, loud[0] - 160) : loud[-1] + 400]
    gain = 24000 / max(abs(value) for value in cut)
    return array.array("h", (int(value * gain) for value in cut))


def as_wav(samples):
    """The samples as the bytes of a WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 2, RATE, len(samples), "NONE", ""))
        sound.writeframes(samples.tobytes())
    return out.getvalue()


def main():
    """Record each digit in each language and voice."""
    with zipfile.ZipFile(DATA / "digits.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for language, words in WORDS.items():
            for voice, speed in VOICES.items():
                for digit, word in enumerate(words):
                    recording = as_wav(trim(resample(*speak(word, language, voice, speed))))
                    entry = zipfile.ZipInfo(f"{language}/{voice}/{digit}.wav", ZIP_DATE)
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(entry, recording)


if __name__ == "__main__":
    main()
