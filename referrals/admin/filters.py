"""Filters of the list of referrals, and finding them by what a person types."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from accounts.models import Subscriber
from referrals.admin.words import REASONS_IN_SHORT, STATUSES
from referrals.models import Referral, ReferralCode
from referrals.policy.codes import LENGTH, normal_code
from referrals.policy.gates import REFUSED

Referrals = QuerySet[Referral]


class StatusFilter(DropdownFilter):  # type: ignore[misc]
    """Referrals of one status."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the statuses."""
        return [(status, word.text) for status, word in STATUSES.items()]

    def queryset(self, request: HttpRequest, queryset: Referrals) -> Referrals:
        """Return those of the status."""
        return queryset.filter(status=self.value()) if self.value() else queryset


class ReasonFilter(DropdownFilter):  # type: ignore[misc]
    """Referrals that went no further for one reason."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the reasons."""
        return list(REASONS_IN_SHORT.items())

    def queryset(self, request: HttpRequest, queryset: Referrals) -> Referrals:
        """Return those with the reason."""
        return queryset.filter(reason=self.value()) if self.value() else queryset


def called(term: str) -> Q:
    """Referrals with this id, of the inviter or invitee so called, or joined by this code."""
    found = Q(referral_id=term)
    subscriber = Subscriber.objects.filter(external_id=term).values_list("pk", flat=True).first()
    if subscriber is not None:
        found |= Q(inviter_id=subscriber) | _invited(subscriber)
    code = normal_code(term)
    if len(code) == LENGTH:
        holder = ReferralCode.objects.filter(code=code).values_list("pk", flat=True).first()
        found |= Q(inviter_id=holder) if holder is not None else Q(pk__in=[])
    return found


def _invited(subscriber_id: int) -> Q:
    # Two conditions, each of which an index answers: the one of invitees leaves refused ones out.
    return Q(invitee_id=subscriber_id) & ~Q(status=REFUSED) | Q(
        invitee_id=subscriber_id, status=REFUSED
    )
