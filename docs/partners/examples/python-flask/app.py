"""A site that signs people in with NC Connect: Flask and Authlib."""

import os
from urllib.parse import urlencode

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, abort, redirect, request, session, url_for
from markupsafe import Markup

ISSUER = os.environ["NC_ISSUER"]
CLIENT_ID = os.environ["NC_CLIENT_ID"]

app = Flask(__name__)
app.secret_key = os.environ["SITE_SECRET_KEY"]
app.config.update(
    SESSION_COOKIE_NAME="exemple_flask",
    SESSION_COOKIE_SAMESITE="Lax",  # Strict would lose the session on the way back
    SESSION_COOKIE_SECURE=ISSUER.startswith("https://"),
)
nc_connect = OAuth(app).register(
    "nc_connect",
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_id=CLIENT_ID,
    client_secret=os.environ["NC_CLIENT_SECRET"],
    client_kwargs={"scope": "openid email", "code_challenge_method": "S256"},
)


@app.get("/")
def home():
    person = session.get("person")
    if person is None:
        return Markup('<a href="/connexion">S’identifier avec NC Connect</a>')
    return Markup(
        '<p>Bonjour {}.</p><form method="post" action="/deconnexion">'
        "<button>Se déconnecter</button></form>"
    ).format(person["email"])


@app.get("/connexion")
def sign_in():
    """Authlib makes state, nonce and the PKCE verifier, and keeps them in the session."""
    return nc_connect.authorize_redirect(url_for("callback", _external=True))


@app.get("/retour")
def callback():
    if request.args.get("iss") != ISSUER:  # RFC 9207; Authlib leaves it to the site
        abort(400, "iss")
    must_be = {
        "iss": {"essential": True, "value": ISSUER},
        "aud": {"essential": True, "value": CLIENT_ID},
    }
    try:  # state, PKCE, the signature, nonce, exp, and must_be
        token = nc_connect.authorize_access_token(claims_options=must_be)
    except OAuthError as error:
        if error.error == "access_denied":  # the person went back: no alarm
            return redirect("/")
        app.logger.warning("NC Connect: %r %r", error.error, error.description)
        return redirect("/?probleme=connexion")
    claims, person = token["userinfo"], nc_connect.userinfo(token=token)
    if person["sub"] != claims["sub"]:
        abort(400, "sub")
    session.clear()
    # (iss, sub) is the key of the account here. An address may change: it is no key.
    session["person"] = {"iss": ISSUER, "sub": claims["sub"], "email": person["email"]}
    session["id_token"] = token["id_token"]
    return redirect("/")


@app.post("/deconnexion")
def sign_out():
    hint = session.get("id_token", "")
    session.clear()
    back = url_for("home", _external=True)
    query = urlencode({"id_token_hint": hint, "post_logout_redirect_uri": back})
    return redirect(f"{nc_connect.load_server_metadata()['end_session_endpoint']}?{query}")
