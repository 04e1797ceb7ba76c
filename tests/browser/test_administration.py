"""The administration with long names in it, on a telephone and on a desk."""

from uuid import UUID

import pytest

from tests.browser.inspection import OVERFLOW
from tests.browser.test_partners import register
from tests.browser.visitor import Visitor, new_email
from tests.running import Service

LONG = "x" * 48
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
    """Somebody with a long address, who may do anything."""
    agent = visitor(email=new_email(LONG))
    agent.has_an_account()
    may = "UPDATE accounts_user SET is_staff = %s, is_superuser = %s WHERE email = %s"
    service.execute(may, True, True, agent.email)
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
