"""Draw the master pictures of the test from the icon packages. Developer tool, not run by the site.

See docs/captcha.md for the commands. Needs resvg-py and Pillow in a throw-away environment.
"""

import argparse
import io
import json
import zipfile
from pathlib import Path

import resvg_py
from PIL import Image, ImageChops, ImageDraw, ImageOps

HERE = Path(__file__).parent
DATA = HERE.parent / "data"
DRAWN = 192  # pixels at which a drawing is made, before it is cut out
OPAQUE = 90  # from this opacity on, the outline of a drawing that is black only holds
SIDE = 96  # pixels of a master: the drawing fills it
# Package folder, short name and whether the drawing is one colour (then kept as ink on paper).
SETS = (
    ("iconify-json-fluent-emoji-flat-1.2.6", "fluent-flat", False),
    ("iconify-json-fluent-emoji-high-contrast-1.2.6", "fluent-contrast", True),
    ("iconify-json-noto-1.2.9", "noto", False),
)
ZIP_DATE = (2026, 1, 1, 0, 0, 0)


def read_concepts(path=HERE / "concepts.tsv"):
    """The picked concepts, in the order of the file: dicts with slug, fr, en, category, sets."""
    names = [name for _folder, name, _mono in SETS]
    concepts = []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        slug, fr, en, category, *left_out = line.split("\t")
        sets = [name for name in names if name not in left_out]
        concepts.append({"slug": slug, "fr": fr, "en": en, "category": category, "sets": sets})
    return concepts


def load_sets(packages):
    """The icon bodies of each set: [(IconifyJSON, short name, one colour?)]."""
    return [
        (json.loads((packages / folder / "package/icons.json").read_text("utf-8")), name, mono)
        for folder, name, mono in SETS
    ]


def rasterise(icons, slug):
    """One picture as an RGBA image of DRAWN pixels. KeyError when the set does not have it."""
    body = icons["icons"][slug]["body"]
    width, height = icons.get("width", 16), icons.get("height", 16)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width} {height}" width="{DRAWN}" height="{DRAWN}" color="#000">{body}</svg>'
    )
    png = resvg_py.svg_to_bytes(svg_string=svg, width=DRAWN, height=DRAWN)
    return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def framed(picture):
    """The least square around what is drawn, at SIDE: flat things are as large as tall ones."""
    left, top, right, bottom = picture.getchannel("A").getbbox()
    half = max(right - left, bottom - top) / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    square = picture.crop((int(x - half), int(y - half), round(x + half), round(y + half)))
    # Premultiplied: the colour of what is transparent must not bleed into the outline.
    small = square.convert("RGBa").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return small.convert("RGBA")


def on_paper(outline):
    """A drawing that is black only, as ink on white paper: what it encloses is filled."""
    alpha = ImageOps.expand(outline.getchannel("A"), 1)
    around = alpha.point(lambda value: 255 if value > OPAQUE else 0)
    ImageDraw.floodfill(around, (0, 0), 128)
    enclosed = around.point(lambda value: 0 if value == 128 else 255)
    paper = Image.new("RGB", alpha.size, "white")
    paper.paste("black", (0, 0), alpha)
    paper.putalpha(ImageChops.lighter(alpha, enclosed))
    return ImageOps.crop(paper, 1)


def master(picture, one_colour):
    """The picture as the WebP bytes that are kept: lossy colours, exact outline."""
    out = io.BytesIO()
    framed(on_paper(picture) if one_colour else picture).save(
        out, "WEBP", quality=70, alpha_quality=60, method=6
    )
    return out.getvalue()


def contact_sheets(concepts, sets, folder, *, per_sheet=63, columns=7, side=72):
    """Write sheets of all the drawings with their word, for a human eye."""
    for start in range(0, len(concepts), per_sheet):
        part = concepts[start : start + per_sheet]
        cell = (3 * side + 12, side + 16)
        rows = -(-len(part) // columns)
        sheet = Image.new("RGB", (columns * cell[0], rows * cell[1]), "white")
        draw = ImageDraw.Draw(sheet)
        for number, concept in enumerate(part):
            left, top = number % columns * cell[0], number // columns * cell[1]
            draw.text((left + 2, top), f"{concept['slug']}: {concept['fr']}", fill="black")
            for place, (icons, name, _mono) in enumerate(sets):
                if name not in concept["sets"]:
                    continue
                picture = rasterise(icons, concept["slug"]).resize((side, side))
                sheet.paste(picture, (left + place * side, top + 13), picture)
        sheet.save(folder / f"sheet-{start // per_sheet}.png")


def write_data(concepts, sets):
    """Write data/drawings.zip (stored, one WebP a drawing) and data/concepts.json."""
    with zipfile.ZipFile(DATA / "drawings.zip", "w", zipfile.ZIP_STORED) as archive:
        for concept in concepts:
            for icons, name, mono in sets:
                if name not in concept["sets"]:
                    continue
                entry = zipfile.ZipInfo(f"{name}/{concept['slug']}.webp", ZIP_DATE)
                archive.writestr(entry, master(rasterise(icons, concept["slug"]), mono))
    catalogue = {
        "monochrome": [name for _icons, name, mono in sets if mono],
        "concepts": concepts,
    }
    text = json.dumps(catalogue, ensure_ascii=False, separators=(",", ":"))
    (DATA / "concepts.json").write_text(text + "\n", "utf-8")


def main():
    """Command line: the folder of the unpacked packages, and --sheets to look at first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", type=Path)
    parser.add_argument("--sheets", type=Path, help="only write contact sheets in this folder")
    options = parser.parse_args()
    concepts, sets = read_concepts(), load_sets(options.packages)
    if options.sheets:
        contact_sheets(concepts, sets, options.sheets)
    else:
        write_data(concepts, sets)


if __name__ == "__main__":
    main()
