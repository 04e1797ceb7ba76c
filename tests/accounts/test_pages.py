"""What the pages of this floor have in common."""

from django.http import HttpResponse

from accounts.views.pages import allow_form_to_end_at

PARTNER = "https://impots.example.nc"


def test_a_form_may_end_at_the_partner_and_keep_the_captchas_script():
    response = HttpResponse()
    response._csp_update = {"script-src": ["https://www.google.com/recaptcha/"]}
    allow_form_to_end_at(response, PARTNER)
    assert response._csp_update == {
        "script-src": ["https://www.google.com/recaptcha/"],
        "form-action": [PARTNER],
    }


def test_without_a_partner_nothing_is_allowed():
    assert not hasattr(allow_form_to_end_at(HttpResponse(), ""), "_csp_update")
