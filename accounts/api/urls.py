"""Addresses of accounts."""

from django.urls import path

from accounts.api.views import SubscriberView

urlpatterns = [
    path(
        "subscribers/<client_id:subscriber_id>",
        SubscriberView.as_view(),
        name="subscriber",
    ),
]
