"""A page with every component in its states, for the eyes and for axe. Tests only."""

from pathlib import Path

from django import forms
from django.http import HttpResponse
from django.template import engines
from django.utils.html import format_html

from accounts.return_to import Destination

TEMPLATES = Path(__file__).parent / "templates"
ICONS = (
    *("compte", "identite", "accueil", "services", "appareils", "ordinateur", "telephone"),
    *("mail", "ok", "alerte", "erreur", "attente", "cle", "autre", "son", "donnees", "info"),
)


class SampleForm(forms.Form):
    email = forms.EmailField(
        label="Adresse e-mail",
        help_text="Exemple : prenom.nom@exemple.nc",
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password = forms.CharField(
        label="Mot de passe",
        help_text=format_html("Il doit contenir :<ul><li>{}</li><li>{}</li></ul>", "a", "b"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    phone = forms.CharField(label="Téléphone", required=False)
    cgu = forms.BooleanField(
        label=format_html('J’accepte les <a href="/cgu/">{}</a>', "conditions")
    )
    choice = forms.MultipleChoiceField(
        label="Méthodes", choices=[("a", "Clé"), ("b", "Code")], widget=forms.CheckboxSelectMultiple
    )
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean_password(self):
        raise forms.ValidationError(["Ajoutez une majuscule.", "Ajoutez un chiffre."])


def form(request) -> SampleForm:
    """Fresh, or with ``?errors`` refused."""
    return SampleForm({"email": "marie", "password": "x"} if "errors" in request.GET else None)


def facts(request) -> dict:
    return {
        "icons": ICONS,
        "steps": ["Créer", "Activer", "Continuer"],
        "destination": Destination(
            url="/", partner_name="impots.nc", partner_logo="/static/bouton/ncconnect.svg"
        ),
    }


def sample(request):
    """Every component, on one page."""
    template = engines["django"].from_string((TEMPLATES / "sample.html").read_text())
    return HttpResponse(template.render(facts(request) | {"form": form(request)}, request))
