from django.urls import path

from ncconnect.mail import views

urlpatterns = [
    path("", views.mailbox, name="mailbox"),
    path("messages.json", views.messages, name="mailbox_json"),
    path("<uuid:mail_id>/", views.message, name="mailbox_message"),
    path("<uuid:mail_id>/html", views.message_html, name="mailbox_html"),
]
