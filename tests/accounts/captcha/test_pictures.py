"""The catalogue is whole; the pictures are small, plain to a person, new to a machine."""

import io
import time

import pytest
from PIL import Image, ImageChops, ImageStat

from accounts.captcha import catalogue, rendering
from accounts.captcha.catalogue import Drawing

CONCEPTS = catalogue.concepts()


def render(number: int, slug: str = "turtle", name: str = "noto", **options) -> bytes:
    drawing = Drawing(slug, name)
    return rendering.render(seed=b"%d" % number, drawing=drawing, **{"level": 3} | options)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def test_every_concept_has_its_words_its_category_and_at_least_two_drawings():
    assert len(CONCEPTS) >= 240
    for concept in CONCEPTS:
        assert concept.word("fr")
        assert concept.word("en")
        assert concept.word("en-gb") == concept.word("en")
        assert concept.word("de") == concept.word("fr")
        assert len(concept.sets) >= 2
        assert concept.category


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_word_names_two_concepts(language):
    words = [concept.word(language) for concept in CONCEPTS]
    assert sorted(words) == sorted(set(words))


def test_every_drawing_is_there_and_is_not_empty():
    for concept in CONCEPTS:
        for name in concept.sets:
            master = catalogue.master(Drawing(concept.slug, name))
            assert master.size == (192, 192)
            assert master.getchannel("A").getbbox(), concept.slug


def test_every_word_leaves_enough_wrong_pictures():
    for category in {concept.category for concept in CONCEPTS}:
        assert sum(concept.category != category for concept in CONCEPTS) > 100


def test_no_master_can_be_reached_by_an_address(settings):
    assert not any(
        str(catalogue.DATA).startswith(str(folder)) for folder in settings.STATICFILES_DIRS
    )


@pytest.mark.parametrize("image_format", sorted(rendering.FORMATS))
def test_a_picture_is_112_pixels_of_the_format_asked_for(image_format):
    content = render(1, image_format=image_format)
    picture = Image.open(io.BytesIO(content))
    assert picture.format.lower() == image_format
    assert picture.size == (112, 112)


def test_a_reload_shows_the_same_picture():
    assert render(1) == render(1)


def test_two_tests_never_share_the_bytes_of_a_picture():
    assert len({render(number) for number in range(50)}) == 50


@pytest.mark.parametrize("level", range(rendering.MAX_LEVEL + 1))
def test_each_level_adds_noise(level):
    """Measured where there is no drawing nor stroke: the corners, against themselves smoothed."""
    corner = opened(render(7, level=level)).crop((0, 0, 16, 16)).convert("L")
    smooth = corner.resize((4, 4), Image.Resampling.BOX).resize((16, 16), Image.Resampling.BICUBIC)
    grain = ImageStat.Stat(ImageChops.difference(corner, smooth)).mean[0]
    assert grain < 4 + 4 * level


def test_the_picture_stands_out_from_its_background():
    """Its luminance is far enough from that of what surrounds it, pale and deep drawings alike."""
    for slug, name in (("swan", "noto"), ("ant", "fluent-flat"), ("cloud", "noto")):
        picture = catalogue.master(Drawing(slug, name)).reduce(2)
        inside = ImageStat.Stat(picture.convert("L"), picture.getchannel("A")).mean[0]
        image = opened(render(3, slug, name, level=0)).convert("L")
        outside = ImageStat.Stat(image.crop((0, 0, 10, 112))).mean[0]
        assert abs(inside - outside) / 255 > 0.30


def test_nine_pictures_weigh_at_most_thirty_kilobytes():
    drawings = [Drawing(c.slug, name) for c in CONCEPTS[::7] for name in c.sets]
    sizes = [
        len(rendering.render(seed=b"%d" % n, drawing=d, level=3)) for n, d in enumerate(drawings)
    ]
    assert 9 * sum(sizes) / len(sizes) <= 30_000
    assert max(sizes) <= 4_500


def test_a_picture_costs_at_most_fifteen_milliseconds_of_processor():
    render(0)
    start = time.process_time()
    for number in range(20):
        render(number)
    assert (time.process_time() - start) / 20 < 0.015
