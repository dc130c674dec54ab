"""Addresses of referrals."""

from django.urls import path

from referrals.api import views

urlpatterns = [
    path(
        "subscribers/<client_id:subscriber_id>/referral-code",
        views.ReferralCodeView.as_view(),
        name="referral-code",
    ),
    path("referrals", views.ReferralsView.as_view(), name="referrals"),
    path("referrals/<client_id:referral_id>", views.ReferralView.as_view(), name="referral"),
]
