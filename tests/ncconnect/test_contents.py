"""The list of what a long page holds."""

from django.template import Context, Template

from tests.architecture.page import Page


def page(body: str) -> Page:
    text = Template("{% load contents %}{% contents %}" + body + "{% endcontents %}")

    class Answer:
        content = text.render(Context({"who": "<Moana>"})).encode()

    return Page(Answer())


def test_each_heading_is_led_to_by_its_words():
    shown = page(
        "<h2>Qui s’en occupe ?</h2><h2>Vos <code>droits</code></h2>"
        '<h2 id="cookies">Les cookies &amp; les traces</h2><h3>Rien</h3><h2>De {{ who }}</h2>'
    )
    links = {link.text: link["href"] for link in shown.find("a")}
    assert links["Qui s’en occupe ?"] == "#qui-sen-occupe"
    assert links["Les cookies & les traces"] == "#cookies"
    assert links["De <Moana>"] == "#de-moana"
    assert {href[1:] for href in links.values()} <= shown.ids()


def test_a_page_seen_at_one_glance_has_no_list():
    shown = page("<h2>Un</h2><h2>Deux</h2>")
    assert not shown.find("nav")
    assert len(shown.find("h2")) == 2
