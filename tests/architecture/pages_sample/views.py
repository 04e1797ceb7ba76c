"""A page with every component in its states, for the eyes and for axe. Tests only."""

from django import forms
from django.shortcuts import render
from django.utils.html import format_html

from accounts.return_to import Destination

ICONS = (
    "entrer compte services mail ok alerte attente bouclier cle cadenas boussole cookie oeil info"
).split()


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
    cgu = forms.BooleanField(label=format_html('J’accepte les <a href="/cgu/">{}</a>', "conditions"))
    choice = forms.MultipleChoiceField(
        label="Méthodes", choices=[("a", "Clé"), ("b", "Code")], widget=forms.CheckboxSelectMultiple
    )
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean_password(self):
        raise forms.ValidationError(["Ajoutez une majuscule.", "Ajoutez un chiffre."])


def sample(request):
    """Every component; ``?errors`` shows the form refused."""
    form = SampleForm({"email": "marie", "password": "x"} if "errors" in request.GET else None)
    return render(
        request,
        "sample.html",
        {
            "form": form,
            "icons": ICONS,
            "steps": ["Créer", "Activer", "Continuer"],
            "destination": Destination(
                url="/", partner_name="impots.nc", partner_logo="/static/bouton/ncconnect.svg"
            ),
        },
    )
