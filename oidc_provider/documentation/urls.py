"""The addresses of the documentation, under « Partenaires »."""

from django.urls import path

from oidc_provider.documentation import views

urlpatterns = [
    path("bouton/", views.button, name="button"),
    path("documentation/", views.index, name="documentation"),
    path("documentation/demarrer/", views.start, name="documentation_start"),
    path("documentation/exemples/", views.example_list, name="documentation_examples"),
    path("documentation/exemples/<slug:folder>/", views.example, name="documentation_example"),
    path("documentation/bibliotheques/", views.library_list, name="documentation_libraries"),
    path("documentation/applications/", views.native, name="documentation_native"),
    path("documentation/donnees/", views.claims, name="documentation_claims"),
    path("documentation/erreurs/", views.errors, name="documentation_errors"),
    path("documentation/migration/", views.migration, name="documentation_migration"),
]
