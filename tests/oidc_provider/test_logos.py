"""The partner's logo is ours to serve."""

import io

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from oidc_provider.models import Logo
from oidc_provider.models import RelyingParty as Model
from oidc_provider.partners.logos import InvalidLogo, set_logo
from tests.relying_party import RelyingParty

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


def picture(size=(900, 300), kind="PNG") -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", size, "#00566b").save(drawn, kind)
    return drawn.getvalue()


@pytest.fixture
def partner():
    return RelyingParty.registered()


@pytest.mark.parametrize("content", [picture(), picture(kind="JPEG"), picture(kind="WEBP"), SVG])
def test_the_sign_in_page_shows_it(end_user, partner, content):
    set_logo(Model.objects.get(), content)
    page = end_user.opens(partner.address())
    path = page.context["destination"].partner_logo
    assert f'src="{path}"' in page.content.decode()
    response = end_user.client.get(path)
    assert response.status_code == 200
    assert "immutable" in response["Cache-Control"]
    assert "sandbox" in response["Content-Security-Policy"]


def test_it_is_drawn_again_at_its_size():
    RelyingParty.registered()
    set_logo(Model.objects.get(), picture())
    with Image.open(io.BytesIO(bytes(Logo.objects.get().content))) as drawn:
        assert drawn.size == (320, 107)


def test_a_new_one_replaces_the_former(partner):
    for content in (picture(), SVG):
        set_logo(Model.objects.get(), content)
    assert Logo.objects.get().name.endswith(".svg")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"x" * 600_000,
        picture()[:200],
        SVG.replace(b"<path", b"<script>alert(1)</script><path"),
        SVG.replace(b"<path", b'<path onload="x()"'),
        SVG.replace(b"<path", b'<image href="https://mechant.example/x"/><path'),
        b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG,
        SVG + b" " * 30_000,
        SVG + b"\xff",
    ],
)
def test_what_is_not_a_plain_picture_is_refused(partner, content):
    with pytest.raises(InvalidLogo):
        set_logo(Model.objects.get(), content)
    assert not Logo.objects.exists()


@pytest.mark.parametrize("name", ["x.png", "0" * 32 + ".png", "%00", "a%00.svg", "%ff"])
def test_an_unknown_name(client, name):
    assert client.get(f"/oidc/logo/{name}").status_code == 404


def test_the_command(partner, tmp_path, client):
    file = tmp_path / "logo.png"
    file.write_bytes(picture())
    call_command("set_partner_logo", "impots", str(file))
    assert Model.objects.get().logo_path in client.get("/partenaires/").content.decode()
    for client_id, path in (("inconnu", file), ("impots", tmp_path / "absent.png")):
        with pytest.raises(CommandError):
            call_command("set_partner_logo", client_id, str(path))
