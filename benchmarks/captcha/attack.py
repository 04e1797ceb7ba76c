"""How often a simple machine passes the sign-up test: a measure, not a test; see docs/captcha.md.

The attacker knows the code and the drawings, learns from pictures drawn like those of the tests,
and knows how wrong pictures are picked. Threshold and temperature are tuned on half of the tests,
and judged on the other half.

    PYTHONPATH=. .venv/bin/python benchmarks/captcha/attack.py [--level 0] [--pictures 10]

Needs the dependency group ``attack`` (numpy, scikit-learn) and a few minutes.
"""

import argparse
import os
from dataclasses import dataclass

import numpy as np

MOST_RIGHT = 4
TEMPERATURES = (1, 2, 3, 5, 8, 12)
THRESHOLDS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)


@dataclass(frozen=True)
class Sitting:
    """One test as the attacker meets it."""

    asked: int  # number of the concept
    right: frozenset[int]
    distances: np.ndarray  # of each picture to each drawing


def sittings(number: int, level: int, eye, seed: int = 7) -> list[Sitting]:
    """Tests as they are shown, and what the eye sees of them."""
    from accounts.captcha import catalogue, rendering
    from accounts.captcha import challenge as tests
    from accounts.captcha.build.eye import pictures_of

    numbers = {concept.slug: n for n, concept in enumerate(catalogue.concepts())}
    found = []
    for count in range(number):
        test = tests.Challenge(
            tests.Facts(visitor="", seed=f"{seed:016x}{count:016x}", level=level)
        )
        drawings = [slot.drawing for slot in test.slots]
        sheet = rendering.render(
            seed=test.seed("pictures"), drawings=drawings, level=level, ground=test.ground
        )
        right = frozenset(place for place, d in enumerate(drawings) if d.slug == test.concept.slug)
        distances = eye.distances(pictures_of(sheet))
        found.append(Sitting(numbers[test.concept.slug], right, distances))
    return found


def likelihoods(sitting: Sitting, owner, candidates, temperature: float) -> np.ndarray:
    """For each picture, how probably it shows the word, among all that it may show."""
    known = np.isin(owner, [sitting.asked, *candidates])
    scores = -sitting.distances[:, known] / 2 / temperature
    weights = np.exp(scores - scores.max(1, keepdims=True))
    return weights[:, owner[known] == sitting.asked].sum(1) / weights.sum(1)


def answer(values: np.ndarray, threshold: float) -> frozenset[int]:
    """The pictures above the threshold: the best one at least, MOST_RIGHT at most."""
    ranked = np.argsort(-values)
    above = [int(place) for place in ranked[:MOST_RIGHT] if values[place] > threshold]
    return frozenset(above or [int(ranked[0])])


def rate(tests, owner, lookalikes, temperature: float, threshold: float) -> float:
    passed = [
        answer(likelihoods(test, owner, lookalikes[test.asked], temperature), threshold)
        == test.right
        for test in tests
    ]
    return sum(passed) / len(passed)


def tuned(tests, owner, lookalikes) -> tuple[float, float]:
    settings = [(t, th) for t in TEMPERATURES for th in THRESHOLDS]
    return max(settings, key=lambda each: rate(tests, owner, lookalikes, *each))


def named(tests, owner) -> float:
    """How often the nearest of all drawings is one of the word, over the right pictures."""
    hits = [
        owner[test.distances[place].argmin()] == test.asked
        for test in tests
        for place in test.right
    ]
    return sum(hits) / len(hits)


def main() -> None:
    """Learn, sit tests, and say how many were passed."""
    from accounts.captcha import catalogue
    from accounts.captcha.build import eye as eyes
    from accounts.captcha.build.lookalikes import training_set

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--level", type=int, default=0)
    parser.add_argument("--pictures", type=int, default=10, help="of each drawing, to learn from")
    parser.add_argument("--tests", type=int, default=600)
    options = parser.parse_args()
    drawings, concepts = catalogue.every_drawing(), catalogue.concepts()
    numbers = {concept.slug: n for n, concept in enumerate(concepts)}
    owner = np.array([numbers[drawing.slug] for drawing in drawings])
    learned = training_set(drawings, options.pictures, level=options.level, seed=2)
    eye = eyes.LinearEye().fit(*learned)
    tests = sittings(options.tests, options.level, eye)
    half = len(tests) // 2
    best = tuned(tests[:half], owner, catalogue.lookalikes())
    passed = rate(tests[half:], owner, catalogue.lookalikes(), *best)
    print(f"level {options.level}: {len(learned[1])} pictures learned, {half} tests judged")
    print(f"  right pictures named among {len(concepts)}: {named(tests, owner):.3f}")
    print(f"  tests passed: {passed:.3f}   (temperature, threshold: {best})")


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ncconnect.settings")
    django.setup()
    main()
