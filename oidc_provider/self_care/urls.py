"""The addresses of this wing, under « Mon compte »."""

from django.urls import path

from oidc_provider.self_care import views

urlpatterns = [
    path("services/", views.Services.as_view(), name="services"),
    path("services/<str:ref>/", views.Service.as_view(), name="service"),
    path("services/<str:ref>/retirer/", views.Withdrawal.as_view(), name="service_withdrawal"),
    path("historique/", views.History.as_view(), name="history"),
    path("historique/signaler/", views.NotMe.as_view(), name="not_me"),
    path("historique/signale/", views.Denied.as_view(), name="denied"),
]
