"""People and partners, made by the service's own flows: `python -m benchmarks.seed PREFIX N`.

Runs beside a configured service, in a process of its own; prints what it made as JSON. Passwords
are hashed with the parameters of this process: the service that is measured must have the same.
"""

import json
import sys

import django

CALLBACK = "https://partenaire.exemple.nc/retour"
SCOPE = "openid profile email"
PASSWORD = "Tortue Luth 2026"
CLAIMS = {
    "given_name": ["Moana", "Léa"],
    "family_name": "Wamytan",
    "gender": "female",
    "birthdate": "1990-04-12",
    "birthplace": "98818",
    "birthcountry": "99100",
}


def person(prefix: str, number: int) -> dict:
    from accounts.flows.create_account import create_account

    email = f"{prefix}{number}@exemple.nc"
    create_account(email=email, password=PASSWORD, claims=CLAIMS, activated=True)
    return {"email": email, "password": PASSWORD}


def partner(client_id: str, grant_types: list[str]) -> dict:
    """By the function that the command and the administration call."""
    from oidc_provider.partners.registration import register

    registered = register(
        {
            "client_id": client_id,
            "client_name": "Partenaire de mesure",
            "client_uri": "https://partenaire.exemple.nc/",
            "redirect_uris": [CALLBACK],
            "scope": SCOPE,
            "grant_types": grant_types,
            "nc_consent": "information",
        }
    )
    secret = registered.secret
    return {"client_id": client_id, "secret": secret, "redirect_uri": CALLBACK, "scope": SCOPE}


def main(prefix: str, count: str) -> None:
    django.setup()
    made = {
        "people": [person(prefix, number) for number in range(int(count))],
        "partner": partner(f"{prefix}-code", ["authorization_code"]),
        "refreshing": partner(f"{prefix}-refresh", ["authorization_code", "refresh_token"]),
    }
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
