"""The administration with long names in it, on a telephone and on a desk."""

from uuid import UUID

import pytest

from tests.browser.inspection import OVERFLOW
from tests.browser.test_partners import register
from tests.browser.visitor import Visitor, new_email
from tests.running import Service
from tests.staff import ROLES

LONG = "x" * 48
MAY = """INSERT INTO accounts_user_user_permissions (user_id, permission_id)
SELECT person.id, permission.id FROM accounts_user AS person, auth_permission AS permission
WHERE person.email = %s AND permission.codename = %s"""
# Whether the buttons of a record lie over its name.
COVERED = """() => {
  const box = selector => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector(selector));
    return range.getBoundingClientRect();
  };
  const name = box("#content > h2"), tools = box(".object-tools");
  return name.right > tools.left && name.bottom > tools.top && name.top < tools.bottom;
}"""


@pytest.fixture
def agent(visitor, service: Service) -> Visitor:
    """Somebody with a long address, of support and of those who register partners."""
    agent = visitor(email=new_email(LONG))
    agent.has_an_account()
    service.execute("UPDATE accounts_user SET is_staff = %s WHERE email = %s", True, agent.email)
    for codename in ROLES["support"] + ROLES["partners"]:
        service.execute(MAY, agent.email, codename)
    agent.opens("/admin/")
    agent.signs_in()
    agent.arrives("/admin/")
    return agent


def test_a_long_address_stays_on_the_page(agent, service: Service):
    find = "SELECT id FROM accounts_user WHERE email = %s"
    ((key,),) = service.select(find, agent.email)
    record = f"/admin/accounts/user/{UUID(str(key))}"
    agent.page.set_viewport_size({"width": 400, "height": 800})
    for path in ("/admin/", "/admin/accounts/user/", f"{record}/change/", f"{record}/history/"):
        agent.opens(path)
        assert not agent.page.evaluate(OVERFLOW)


def test_no_button_lies_over_a_long_name(agent, service: Service, tmp_path):
    register(service, tmp_path, "long", client_name="Direction des " + "affaires " * 9)
    for width in (400, 1030, 1280):
        agent.page.set_viewport_size({"width": width, "height": 800})
        agent.opens("/admin/oidc_provider/relyingparty/?q=long")
        agent.page.locator("#result_list tbody th a").click()
        agent.page.locator("#content > h2").wait_for()
        assert not agent.page.evaluate(OVERFLOW)
        assert not agent.page.evaluate(COVERED)
