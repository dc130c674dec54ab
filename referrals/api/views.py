"""Referral codes and referrals."""

from datetime import UTC, datetime

import django_filters
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema

from doors.api.bodies import parsed
from doors.api.pages import ListView
from doors.api.views import ApiRequest, ApiView, answer, found
from referrals.api import examples
from referrals.api.answers import (
    ReferralCodeOut,
    ReferralOut,
    ReferralsOut,
    code_shown,
    referrals_shown,
)
from referrals.api.bodies import JoinIn, join_request
from referrals.models import Referral
from referrals.operations.join_invitees import join_invitees
from referrals.operations.referral_codes import referral_code_of
from referrals.policy.gates import REFERRAL_STATUSES
from referrals.queries.progress import referral_called


class ReferralCodeView(ApiView):
    """What a subscriber tells those whom they invite."""

    required_scopes = {"GET": "referrals:read"}

    @extend_schema(responses=ReferralCodeOut, examples=examples.CODE)
    def get(self, request: ApiRequest, subscriber_id: str) -> HttpResponse:
        """Read a subscriber's referral code, which stays the same for ever."""
        code = referral_code_of(subscriber_id=subscriber_id, now=datetime.now(UTC))
        return found(code_shown(subscriber_id, code.code))


class ReferralFilter(django_filters.FilterSet):
    inviter_id = django_filters.CharFilter("inviter__external_id")
    invitee_id = django_filters.CharFilter("invitee__external_id")
    status = django_filters.ChoiceFilter(choices=[(word, word) for word in REFERRAL_STATUSES])

    class Meta:
        model = Referral
        fields: tuple[str, ...] = ()


class ReferralsView(ListView):
    """Referrals."""

    required_scopes = {"GET": "referrals:read", "POST": "referrals:write"}
    filterset_class = ReferralFilter

    @extend_schema(
        request=JoinIn, responses={201: ReferralOut, 200: ReferralOut}, examples=examples.JOIN
    )
    def post(self, request: ApiRequest) -> HttpResponse:
        """Join an invitee to the subscriber whose code they bring.

        One that is reported late says when it was accepted, and is judged as of then.
        """
        now = datetime.now(UTC)
        [outcome] = join_invitees(requests=[join_request(parsed(JoinIn, request.data))], now=now)
        referral = referral_called(outcome.referral.referral_id)
        [body] = referrals_shown([referral], now)
        return answer(body, replayed=outcome.replayed, status=201)

    @extend_schema(responses=ReferralsOut, examples=examples.REFERRALS)
    def get(self, request: ApiRequest) -> HttpResponse:
        """List referrals, the earliest reported first."""
        now = datetime.now(UTC)
        return self.page_together(
            Referral.objects.select_related("inviter", "invitee"),
            by="id",
            represent=lambda page: referrals_shown(page, now),
        )


class ReferralView(ApiView):
    """One referral."""

    required_scopes = {"GET": "referrals:read"}

    @extend_schema(responses=ReferralOut, examples=examples.REFERRAL)
    def get(self, request: ApiRequest, referral_id: str) -> HttpResponse:
        """Read a referral: how far its two gates are, and what became of its bonuses."""
        [body] = referrals_shown([referral_called(referral_id)], datetime.now(UTC))
        return found(body)
