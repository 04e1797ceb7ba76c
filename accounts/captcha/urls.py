"""Addresses of the pictures and sounds: sealed values only."""

from django.urls import path

from accounts.captcha import views

app_name = "captcha"

urlpatterns = [
    path("<str:address>/images.jpg", views.pictures, name="pictures"),
    path("<str:address>/code.wav", views.sound, name="sound"),
]
