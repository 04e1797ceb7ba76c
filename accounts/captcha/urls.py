"""Addresses of the pictures and sounds: random values only."""

from django.urls import path

from accounts.captcha import views

app_name = "captcha"

urlpatterns = [
    path("<str:address>/<str:value>.webp", views.picture, name="picture"),
    path("<str:address>/code.wav", views.sound, name="sound"),
]
