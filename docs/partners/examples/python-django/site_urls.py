from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import include, path, reverse
from django.utils.html import format_html


def home(request):
    if not request.user.is_authenticated:
        address = reverse("oidc_authentication_init")
        return HttpResponse(format_html('<a href="{}">S’identifier avec NC Connect</a>', address))
    return HttpResponse(
        format_html(
            '<p>Bonjour {}.</p><form method="post" action="{}">'
            '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
            "<button>Se déconnecter</button></form>",
            request.user.email,
            reverse("oidc_logout"),
            get_token(request),
        )
    )


urlpatterns = [path("", home), path("oidc/", include("mozilla_django_oidc.urls"))]
