"""Django's administration, behind the one sign-in page and under our Content Security Policy."""

from csp.decorators import csp_update
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Site(admin.AdminSite):
    site_title = "NC Connect"
    site_header = _("NC Connect, administration")

    def admin_view(self, view, cacheable=False):
        """Its pages run scripts of their own, from our own files only."""
        return csp_update({"script-src": "'self'"})(super().admin_view(view, cacheable))

    def login(self, request, extra_context=None):
        """No second, weaker sign-in page. A person who is no agent is told so."""
        if request.user.is_authenticated and not self.has_permission(request):
            from ncconnect import errors

            return errors.handler403(request)
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
