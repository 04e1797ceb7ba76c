"""The private space: attaching a tax file in two steps, then the space itself."""

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for

from .problems import Stop
from .store import FileAlreadyAttached, TooManyTries, Visit
from .tax_files import (
    ALREADY_ATTACHED,
    NO_MATCH,
    SECRETS,
    TaxFile,
    clean,
    find_file,
    format_errors,
)
from .visits import check_form_token, required_visit, store

blueprint = Blueprint("space", __name__, url_prefix="/espace")

NEWS = "news"  # session key: what the next page of the space announces


def tax_files() -> dict[str, TaxFile]:
    """The sample files that the application was started with."""
    return current_app.extensions["impots_nc_tax_files"]


@blueprint.get("/")
def show():
    """The space, or the first step towards it."""
    visit = required_visit()
    space = store().space(visit)
    if space is None:
        return redirect(url_for("space.first_step"), 303)
    return render_template(
        "space.html", space=space, file=tax_files()[space.tax_id], news=session.pop(NEWS, "")
    )


@blueprint.get("/creation/")
def first_step():
    """Étape 1/2: the three secrets."""
    visit = required_visit()
    if store().space(visit):
        return redirect(url_for("space.show"), 303)
    return secrets_page({}, {}, news=session.pop(NEWS, ""))


@blueprint.post("/creation/")
def check_secrets():
    """Look the file up; a right answer is kept by the server, not in a hidden field."""
    visit = required_visit()
    check_form_token()
    values = clean(request.form)
    errors = format_errors(values)
    if errors:
        return secrets_page(values, errors)
    file = counted_search(visit, values)
    if file is None:
        return secrets_page(values, {"": NO_MATCH})
    store().choose_file(visit, file.tax_id)
    return redirect(url_for("space.second_step"), 303)


def counted_search(visit: Visit, values: dict[str, str]) -> TaxFile | None:
    """One try at the three secrets, within the limit."""
    try:
        store().count_try(visit)
    except TooManyTries as limit:
        raise Stop("too_many_tries", wait=limit.wait) from None
    return find_file(tax_files(), values)


def secrets_page(values: dict[str, str], errors: dict[str, str], news: str = ""):
    """The form, with what was typed and what is wrong with it; key "" is the form as a whole."""
    taken = store().attached_files()
    free = [file for file in tax_files().values() if file.tax_id not in taken]
    page = render_template(
        "first_step.html",
        fields=SECRETS,
        values=values,
        errors=errors,
        sample=next(iter(free), None),
        news=news,
    )
    return page, 422 if errors else 200


@blueprint.get("/creation/confirmation/")
def second_step():
    """Étape 2/2: what will be attached."""
    file = chosen_file(required_visit())
    if file is None:
        return redirect(url_for("space.show"), 303)
    return render_template("second_step.html", file=file)


@blueprint.post("/creation/confirmation/")
def create():
    """« Valider »: attach the file, once."""
    visit = required_visit()
    check_form_token()
    file = chosen_file(visit)
    if file is None:
        return redirect(url_for("space.show"), 303)
    try:
        is_new = store().create_space(visit, file.tax_id)
    except FileAlreadyAttached:
        return secrets_page({}, {"": ALREADY_ATTACHED})
    finally:
        store().choose_file(visit, None)
    if is_new:
        session[NEWS] = "created"
    return redirect(url_for("space.show"), 303)


def chosen_file(visit: Visit) -> TaxFile | None:
    """The file that this visit has opened with its three secrets."""
    return tax_files().get(visit.chosen_file or "")


@blueprint.post("/fermeture/")
def close():
    """Detach the tax file, so that the demonstration can be walked again."""
    visit = required_visit()
    check_form_token()
    store().close_space(visit)
    session[NEWS] = "closed"
    return redirect(url_for("space.show"), 303)
