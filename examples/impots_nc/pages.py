"""The pages that everyone may read: home, notices, information."""

from flask import Blueprint, abort, redirect, render_template, url_for

from .texts import articles, language

blueprint = Blueprint("pages", __name__)

SUBSCRIBE = "s-abonner-au-teleservice"


@blueprint.get("/")
def home():
    """The page that the paper notice starts from."""
    return render_template("home.html")


@blueprint.get("/notices/")
def notices():
    """The list of the notices."""
    listed = [article for article in articles(language()).values() if article["is_notice"]]
    return render_template("notices.html", notices=listed)


@blueprint.get("/notices/<slug>/")
def notice(slug: str):
    """One notice."""
    return article_page(slug, is_notice=True)


@blueprint.get("/infos/<slug>/")
def info(slug: str):
    """One information page."""
    return article_page(slug, is_notice=False)


@blueprint.get("/aide/trois-secrets/")
def subscribe_notice():
    """A short address for the notice about the three secrets."""
    return redirect(url_for("pages.notice", slug=SUBSCRIBE))


def article_page(slug: str, *, is_notice: bool):
    """A stored page in the visitor's language, or 404."""
    article = articles(language()).get(slug)
    if article is None or article["is_notice"] is not is_notice:
        abort(404)
    return render_template("article.html", article=article)
