"""Find which things look alike to a simple machine: the wrong pictures of a test come from them.

Writes data/lookalikes.json: for each concept, the numbers of the NEAREST concepts of other
categories. Developer tool, not run by the site; see docs/captcha.md.
"""

import json
import os

import numpy as np

NEAREST = 40
SHEETS_OF_EACH = 10  # pictures of each drawing to learn from


def training_set(drawings, times: int, level: int = 0, seed: int = 1):
    """Pictures of every drawing, ``times`` each, as tests show them, and their numbers."""
    from accounts.captcha import rendering
    from accounts.captcha.build import eye
    from accounts.captcha.randomness import generator

    rng = generator(b"learn %d" % seed)
    order = [
        number
        for _time in range(times)
        for number in rng.sample(range(len(drawings)), len(drawings))
    ]
    order = order[: len(order) // 9 * 9]
    sheets = [
        rendering.render(
            seed=b"learn %d %d" % (seed, start),
            drawings=[drawings[number] for number in order[start : start + 9]],
            level=level,
            ground=b"learn %d" % rng.randrange(16),
        )
        for start in range(0, len(order), 9)
    ]
    return np.concatenate([eye.pictures_of(sheet) for sheet in sheets]), np.array(order)


def nearest(concepts, drawings, distances) -> list[list[int]]:
    """For each concept, the numbers of those of other categories that are least far from it."""
    numbers = {concept.slug: number for number, concept in enumerate(concepts)}
    owner = np.array([numbers[drawing.slug] for drawing in drawings])
    table = []
    for number, concept in enumerate(concepts):
        own = distances[owner == number].min(0)
        least = [own[owner == other].min() for other in range(len(concepts))]
        ranked = sorted(range(len(concepts)), key=least.__getitem__)
        others = [n for n in ranked if concepts[n].category != concept.category]
        table.append(sorted(others[:NEAREST]))
    return table


def main() -> None:
    """Learn, compare, write."""
    from accounts.captcha import catalogue
    from accounts.captcha.build.eye import LinearEye

    drawings = catalogue.every_drawing()
    linear = LinearEye().fit(*training_set(drawings, SHEETS_OF_EACH))
    table = nearest(catalogue.concepts(), drawings, linear.between_drawings())
    text = json.dumps(table, separators=(",", ":"))
    (catalogue.DATA / "lookalikes.json").write_text(text.replace("],", "],\n") + "\n", "ascii")


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ncconnect.settings")
    django.setup()
    main()
