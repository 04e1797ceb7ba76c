"""Whatever staff sends to the administration site: no 5xx, a clear answer, nothing half done."""

import uuid
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Session, User
from ncconnect import audit
from ncconnect.audit.admin import Newest
from ncconnect.audit.models import Event
from ncconnect.mail.models import Outbox
from tests.page_forms import form_of, form_of_nothing, form_to
from tests.relying_party import RelyingParty
from tests.staff import EVERY_ROLE, agent

pytestmark = pytest.mark.django_db
OUTBOX = "/admin/mail/outbox/"
AUDIT = "/admin/audit/event/"
USERS = "/admin/accounts/user/"
HOSTILE = ("\0", "", "x", "[", "9" * 30, "1" * 5_000, "9999-12-31 23:59:59+00:00", "a b " * 3_000)
LIST_PARAMETERS = (
    "q",
    "p",
    "o",
    "all",
    "e",
    "_facets",
    "_popup",
    "_to_field",
    "pk",
    "id__in",
    "\0",
)


@pytest.fixture
def staff(end_user):
    return agent(end_user, *EVERY_ROLE)


@pytest.fixture
def rows(staff):
    """A few of what the lists show."""
    RelyingParty.registered()
    Outbox.objects.create(name="activation", to=staff.email, language="fr", state="dead")
    audit.record("staff_change", user=User.objects.get(), partner="impots.nc")


def answers(client, address: str, data=None) -> int:
    """The status of one request, which leaves nothing to the next one; with ``data`` it posts."""
    with transaction.atomic():
        if data:
            status = form_of_nothing(address, client).forged_by(client, data).status_code
        else:
            status = client.get(address).status_code
        transaction.set_rollback(True)
    return status


def addresses(model, site_admin):
    """Every address of a model of the site, with what a hostile hand writes in it."""
    options = model._meta
    listed = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    names = {column.name for column in options.fields}
    for name in (*LIST_PARAMETERS, *names, *(f"{name}__year" for name in names)):
        yield from (f"{listed}?{urlencode({name: value})}" for value in HOSTILE)
    for key in ("%00", "x", "9" * 30, "_", str(uuid.uuid4())):
        yield from (f"{listed}{key}/{page}/" for page in ("change", "delete", "history"))
    row = model.objects.first()
    if row:
        yield from (f"{listed}{row.pk}/change/?{name}=%00" for name in LIST_PARAMETERS)
    yield f"{listed}add/?{urlencode(dict.fromkeys(names, HOSTILE[0]))}"


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model.__name__)
def test_columns_of_a_list_have_words(model):
    columns = {column.name: column.verbose_name for column in model._meta.fields}
    listed = [name for name in admin.site._registry[model].list_display if name in columns]
    assert [name for name in listed if columns[name] == name.replace("_", " ")] == []


@pytest.mark.slow
@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model.__name__)
def test_no_address_ends_in_a_failure(staff, rows, model):
    statuses = {
        answers(staff.client, address) for address in addresses(model, admin.site._registry[model])
    }
    assert statuses <= {200, 302, 400, 403, 404}


@pytest.mark.parametrize("chosen", HOSTILE)
@pytest.mark.parametrize("address", [OUTBOX, USERS, "/admin/oidc_provider/relyingparty/"])
def test_no_action_ends_in_a_failure(staff, rows, address, chosen):
    [name, *_] = {OUTBOX: ["send_again"], USERS: ["suspend"]}.get(address, ["suspend_partners"])
    data = {"action": name, "_selected_action": chosen}
    assert answers(staff.client, address, data) in {302, 400}


def test_an_unreadable_choice_changes_nothing_and_is_told(staff, rows):
    row = Outbox.objects.get(state="dead")
    data = {"action": "send_again", "_selected_action": [row.pk, "x"]}
    page = staff.forges(OUTBOX, data)
    assert page.status_code == 400
    assert "Rien n’a été changé" in page.content.decode()
    assert 'href="/admin/"' in page.content.decode()
    row.refresh_from_db()
    assert row.state == "dead"


def test_it_is_told_in_the_reader_s_language(staff):
    page = staff.client.get(f"{AUDIT}?q={'a' * 257}", headers={"Accept-Language": "en"})
    assert page.status_code == 400
    assert "This request cannot be read" in page.content.decode()


def test_its_titles_are_in_the_reader_s_language(staff):
    page = staff.client.get("/admin/", headers={"Accept-Language": "en"}).content.decode()
    for title in ("Audit trail", "Accounts", "Logout notices"):
        assert title in page
    assert "Comptes" not in page


def test_signing_out_of_it_is_signing_out_of_the_site(staff):
    form = form_to(staff.opens("/admin/"), reverse("admin:logout"))
    staff.client.post(form.address, form.fields, follow=True)
    assert not Session.objects.exists()
    assert Event.objects.get(event="sign_out").user_id == User.objects.get().pk


def test_a_password_is_changed_on_the_one_page_for_it(staff):
    page = staff.opens(reverse("admin:password_change"))
    assert page.request["PATH_INFO"] == reverse("accounts:password_change")


def test_a_search_of_many_words_is_a_search(staff):
    assert staff.client.get(USERS, {"q": "a " * 128}).status_code == 200


def test_the_other_entrances(staff):
    searched = {"app_label": "accounts", "model_name": "details", "field_name": "user"}
    for address in ("/admin/", "/admin/login/", "/admin/autocomplete/", "/admin/r/1/%00/"):
        assert staff.client.get(address, searched | {"term": "\0"}).status_code < 500


@pytest.mark.parametrize("name", ["password__startswith", "password", "is_superuser"])
def test_rows_are_found_by_what_is_shown_only(staff, name):
    """A digest could be guessed a letter at a time otherwise."""
    assert staff.client.get(USERS, {name: "argon2"}).status_code == 400


def test_a_whole_page_can_be_ticked(staff):
    many = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    Outbox.objects.bulk_create(
        Outbox(name="activation", to=staff.email, language="fr", state="dead") for _ in range(many)
    )
    page = staff.opens(OUTBOX)
    ticked = [row.pk for row in page.context["cl"].result_list]
    assert staff.submits(action="send_again", _selected_action=ticked).status_code == 200
    assert Outbox.objects.filter(state="pending").count() == len(ticked) >= 50


def test_a_group_may_be_given_everything(staff):
    page = staff.opens("/admin/auth/group/add/")
    shown = page.context["adminform"].form.fields["permissions"].queryset
    form_of(page, "permissions").sent_by(
        staff.client, name="agents", permissions=[each.pk for each in shown]
    )
    given = Group.objects.get(name="agents").permissions
    assert given.filter(codename="change_user").exists()
    assert given.count() < Permission.objects.count()


class TestTheTrail:
    """A million rows: what it reads has an index, or an end."""

    @pytest.fixture
    def events(self, staff):
        Event.objects.bulk_create(
            Event(
                event="sign_in", user_id=uuid.UUID(int=n), partner=f"p{n}", reference=f"NC-{n}-AB"
            )
            for n in range(1000, 1005)
        )

    def found(self, staff, **query) -> list[str]:
        page = staff.client.get(AUDIT, query)
        return [row.partner for row in page.context["cl"].result_list]

    @pytest.mark.parametrize(
        "term", [str(uuid.UUID(int=1003)), "NC-1003-AB", "nc-1003-ab ", "p1003"]
    )
    def test_a_search_is_of_one_column_as_it_is_indexed(self, staff, events, term):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert self.found(staff, q=term) == ["p1003"]
        of_the_trail = [each["sql"] for each in seen if "audit_event" in each["sql"]]
        assert of_the_trail
        assert not any(word in sql for sql in of_the_trail for word in (" OR ", "UPPER", "LIKE"))

    def test_the_filter_asks_the_catalogue(self, staff, events):
        with CaptureQueriesContext(connection) as seen:
            assert len(self.found(staff, event="sign_in", q="p1001")) == 1
        assert not any("DISTINCT" in each["sql"] for each in seen)
        assert self.found(staff, event="mail_given_up") == []

    def test_no_page_counts_all(self, staff, events, monkeypatch):
        monkeypatch.setattr(Newest, "ROWS", 3)
        page = staff.client.get(AUDIT)
        assert page.context["cl"].result_count == 3


class TestFaultsOfOurs:
    """They are no unreadable request: they end in a 500, which raises an alert."""

    def fault(self, package: str):
        """A function of ours, in a page of the administration."""
        source = "def get_queryset(self, request):\n    return int('x')"
        names = {"__name__": f"{package}.trial"}
        exec(source, names)
        return names["get_queryset"]

    @pytest.mark.parametrize("package", ["accounts", "ncconnect", "oidc_provider"])
    def test_a_value_error_of_ours_is_a_fault(self, staff, monkeypatch, package):
        monkeypatch.setattr(
            admin.site._registry[User], "get_queryset", self.fault(package).__get__(1)
        )
        with pytest.raises(ValueError, match="invalid literal"):
            staff.client.get(USERS)

    def test_a_filter_that_django_cannot_read_is_none(self, staff, caplog):
        assert staff.client.get(f"{USERS}?activated_at__isempty=x").status_code in {302, 400}
        assert staff.client.get(f"{USERS}abc/change/").status_code in {302, 400}
        assert not [record for record in caplog.records if record.levelname == "ERROR"]
