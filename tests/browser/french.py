"""French that was left on a page in English."""

import re

from playwright.sync_api import Frame, Page

# Words that stand in nearly every French sentence and in no English one.
WORDS = re.compile(
    r"\b(?:vous|votre|vos|nous|le|la|les|des|du|une|est|sont|et|ou|avec|dans|sur|pour|par|que|qui|"
    r"cette|ce|ces|aux|mot de passe|compte|adresse|saisissez|choisissez|retour|aller)\b",
    re.IGNORECASE,
)
# Names that stay as they are.
NAMES = re.compile(r"Défenseur des droits|\S+@\S+|https?://\S+")

# Every text a person reads or hears, outside of what says that it is French.
TEXTS = """() => {
  const texts = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (!walker.currentNode.parentElement.closest("[lang=fr], script, style, code, pre"))
      texts.push(walker.currentNode.nodeValue);
  }
  for (const name of ["aria-label", "alt", "title", "placeholder"])
    for (const element of document.querySelectorAll(`body [${name}]`))
      if (!element.closest("[lang=fr]")) texts.push(element.getAttribute(name));
  return texts.map(text => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""


def sentences(place: Page | Frame) -> list[str]:
    """The texts of the page that are French, though the page says that it is English."""
    return [text for text in place.evaluate(TEXTS) if WORDS.search(NAMES.sub("", text))]
