"""Addresses of accounts."""

from django.urls import path

from accounts.api.views import PersonalView, SubscriberView

urlpatterns = [
    path(
        "subscribers/<client_id:subscriber_id>/personal",
        PersonalView.as_view(),
        name="subscriber-personal",
    ),
    path(
        "subscribers/<client_id:subscriber_id>",
        SubscriberView.as_view(),
        name="subscriber",
    ),
]
