"""A site of one page: a form with a name and the test. What a sign-up page does, and no more."""

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.template import engines
from django.urls import include, path
from django.views.generic import FormView, View

from accounts.captcha import Captcha
from accounts.captcha.forms import CaptchaFormMixin

PAGE = """<!doctype html><html lang="fr"><title>Essai – NC Connect</title><body><main><h1>Essai</h1>
<form method="post" novalidate>{% csrf_token %}
<button type="submit" class="vh" tabindex="-1" aria-hidden="true">Créer</button>
{{ form }}<button class="btn" type="submit">Créer</button></form></main>"""


class NameForm(CaptchaFormMixin, forms.Form):
    name = forms.CharField(label="Nom")
    agreed = forms.BooleanField(label="D’accord", required=False)

    field_order = ["name", "captcha", "agreed"]


class Page(FormView):
    form_class = NameForm

    def get_form_kwargs(self):
        self.captcha = Captcha.from_request(self.request)
        return super().get_form_kwargs() | {"captcha": self.captcha}

    def form_valid(self, form):
        if self.captcha.is_robot:
            return HttpResponse("fait, sans rien faire")
        with transaction.atomic():
            if form.redeem_captcha():
                return HttpResponse(f"fait pour {form.cleaned_data['name']}")
        return self.form_invalid(form)

    def render_to_response(self, context, **kwargs):
        page = engines["django"].from_string(PAGE).render(context, self.request)
        return self.captcha.allow_in_csp(HttpResponse(page))


class Contact(View):
    def get(self, request):
        return HttpResponse("contact")


urlpatterns = [
    path("", Page.as_view()),
    path("contact/", Contact.as_view(), name="contact"),
    path("captcha/", include("accounts.captcha.urls")),
]
