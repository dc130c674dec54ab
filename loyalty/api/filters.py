"""Filters of lists."""

import django_filters

from loyalty.models import Entry, Payout, Redemption
from loyalty.policy.book import ENTRY_KINDS
from loyalty.policy.gate import PAYOUT_KINDS, PAYOUT_STATUSES
from loyalty.policy.redemptions import REDEMPTION_STATUSES


def _choices(values: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(value, value) for value in values]


class EntryFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=_choices(ENTRY_KINDS))
    posted_from = django_filters.IsoDateTimeFilter("posted_at", lookup_expr="gte")
    posted_until = django_filters.IsoDateTimeFilter("posted_at", lookup_expr="lt")
    cause_type = django_filters.CharFilter("cause_type")
    cause_id = django_filters.CharFilter("cause_id")

    class Meta:
        model = Entry
        fields: tuple[str, ...] = ()


class RedemptionFilter(django_filters.FilterSet):
    subscriber_id = django_filters.CharFilter("subscriber__external_id")
    status = django_filters.ChoiceFilter(choices=_choices(REDEMPTION_STATUSES))

    class Meta:
        model = Redemption
        fields: tuple[str, ...] = ()


class PayoutFilter(django_filters.FilterSet):
    subscriber_id = django_filters.CharFilter("subscriber__external_id")
    status = django_filters.ChoiceFilter(choices=_choices(PAYOUT_STATUSES))
    kind = django_filters.ChoiceFilter(choices=_choices(PAYOUT_KINDS))
    month = django_filters.DateFilter("month")

    class Meta:
        model = Payout
        fields: tuple[str, ...] = ()
