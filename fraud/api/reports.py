"""The report on fraud."""

from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as s

from doors.api.periods import PeriodQuery, period_asked
from doors.api.views import ApiRequest, ApiView, found
from fraud.api import report_examples
from fraud.policy.figures import Bin, Estimate
from fraud.policy.intervals import Share
from fraud.queries.figures import FraudFigures, Operations, fraud_figures
from kernel.moments import day_of, start_of_day
from kernel.money import decimal_string
from loyalty.queries.terms import program_zone


class SumOut(s.Serializer[Any]):
    count = s.IntegerField()
    value = s.CharField()


class CancelledOut(s.Serializer[Any]):
    outcome = s.CharField(help_text="refused, cancelled, clawed_back or declined.")
    count = s.IntegerField()
    value = s.CharField()


class OperationsOut(s.Serializer[Any]):
    asked = SumOut()
    cancelled = CancelledOut(many=True)
    count_share = s.FloatField(allow_null=True)
    value_share = s.FloatField(allow_null=True)


class ShareOut(s.Serializer[Any]):
    part = s.IntegerField()
    of = s.IntegerField()
    share = s.FloatField(allow_null=True)
    lower = s.FloatField(help_text="Of Wilson's 95 % interval.")
    upper = s.FloatField()


class EstimateOut(s.Serializer[Any]):
    share = s.FloatField()
    lower = s.FloatField(help_text="Of an interval that holds in 95 % of all cases at least.")
    upper = s.FloatField()


class BinOut(s.Serializer[Any]):
    bin = s.CharField()
    count = s.IntegerField()


class QuantileOut(s.Serializer[Any]):
    percent = s.IntegerField()
    minutes = s.IntegerField()


class FirstRedemptionsOut(s.Serializer[Any]):
    subscribers = s.IntegerField()
    quantiles = QuantileOut(many=True)
    histogram = BinOut(many=True)


class ReferralsPerInviterOut(s.Serializer[Any]):
    inviters = s.IntegerField()
    referrals = s.IntegerField()
    most = s.IntegerField()
    histogram = BinOut(many=True)


class RatesOut(s.Serializer[Any]):
    stopped = s.IntegerField(
        help_text="Payouts assessed in the period that the screen last held or refused."
    )
    cleared = s.IntegerField(
        help_text="Payouts assessed in the period that the screen last let out."
    )
    precision = ShareOut(
        help_text=(
            "Fraud among what was stopped and reviewed: verdicts that persons gave in the period "
            "over payouts of the queue `gate`; of: frauds and false positives, each case once."
        )
    )
    missed = ShareOut(
        help_text=(
            "Fraud among the random sample of what was let out: the same over payouts of the "
            "queue `sample`."
        )
    )
    false_positive_rate = EstimateOut(
        allow_null=True,
        help_text="The share of normal payouts that were stopped, estimated from both.",
    )
    recall = EstimateOut(
        allow_null=True,
        help_text="The share of fraudulent payouts that were stopped, estimated from both.",
    )
    inconclusive = s.IntegerField(
        help_text="Verdicts over payouts, of any queue, that say neither."
    )


class QueueSizeOut(s.Serializer[Any]):
    queue = s.CharField()
    count = s.IntegerField()


class WaitingOut(s.Serializer[Any]):
    count = s.IntegerField()
    overdue = s.IntegerField()
    value = s.CharField()
    oldest_at = s.DateTimeField(allow_null=True)
    queues = QueueSizeOut(many=True)
    age = BinOut(many=True)


class AnalystOut(s.Serializer[Any]):
    analyst = s.CharField()
    decided = s.IntegerField(help_text="Cases of any queue that they decided in the period.")
    frauds = s.IntegerField(
        help_text=(
            "Of these, those found to be confirmed fraud, whatever they are about; where two had "
            "to agree, a case counts for the second."
        )
    )
    per_day = s.FloatField()
    minutes_median = s.FloatField(
        allow_null=True, help_text="From claim to verdict; null for verdicts in bulk."
    )


class WeekOut(s.Serializer[Any]):
    starts_on = s.DateField()
    stopped = s.CharField()
    released = s.CharField()
    refused = s.CharField()
    taken_back = s.CharField()
    opened = s.IntegerField(help_text="Cases of any queue.")
    decided = s.IntegerField(help_text="Cases of any queue; what the clock closed, too.")
    frauds = s.IntegerField(
        help_text=(
            "Cases of any queue that were found to be confirmed fraud in the week, over payouts, "
            "redemptions, joins and registrations: more than `rates` counts, which is about "
            "payouts alone."
        )
    )


class FraudReportOut(s.Serializer[Any]):
    since = s.DateField()
    until = s.DateField()
    currency = s.CharField()
    payouts = OperationsOut()
    redemptions = OperationsOut()
    first_redemptions = FirstRedemptionsOut()
    referrals = ReferralsPerInviterOut()
    rates = RatesOut()
    queue = WaitingOut()
    analysts = AnalystOut(many=True)
    weeks = WeekOut(many=True)


class FraudReportView(ApiView):
    """How well fraud is kept out, and what that costs."""

    required_scopes = {"GET": "reports:read"}
    query_class = PeriodQuery

    @extend_schema(responses=FraudReportOut, examples=report_examples.FRAUD)
    def get(self, request: ApiRequest) -> HttpResponse:
        """Read the figures on fraud of a period, with the queue as it is now."""
        now = datetime.now(UTC)
        zone = program_zone()
        since, until = period_asked(request.query, day_of(now, zone))
        figures = fraud_figures(
            since=start_of_day(since, zone), until=start_of_day(until, zone), now=now
        )
        return found(_report_shown(figures, since, until))


def _report_shown(figures: FraudFigures, since: date, until: date) -> dict[str, Any]:
    first, invitations = figures.first_redemptions, figures.invitations
    return {
        "since": since,
        "until": until,
        "currency": settings.PROGRAM_CURRENCY,
        "payouts": _operations_shown(figures.payouts),
        "redemptions": _operations_shown(figures.redemptions),
        "first_redemptions": {
            "subscribers": first.subscribers,
            "quantiles": [
                {"percent": percent, "minutes": minutes}
                for percent, minutes in first.quantiles.items()
            ],
            "histogram": _bins_shown(first.histogram),
        },
        "referrals": {
            "inviters": invitations.inviters,
            "referrals": invitations.referrals,
            "most": invitations.most,
            "histogram": _bins_shown(invitations.histogram),
        },
        "rates": {
            "stopped": figures.rates.stopped,
            "cleared": figures.rates.cleared,
            "precision": _share_shown(figures.rates.precision),
            "missed": _share_shown(figures.rates.missed),
            "false_positive_rate": _estimate_shown(figures.rates.false_positive_rate),
            "recall": _estimate_shown(figures.rates.recall),
            "inconclusive": figures.rates.inconclusive,
        },
        **_work_shown(figures),
    }


def _work_shown(figures: FraudFigures) -> dict[str, Any]:
    waiting = figures.waiting
    return {
        "queue": {
            "count": waiting.cases,
            "overdue": waiting.overdue,
            "value": decimal_string(waiting.value_minor),
            "oldest_at": waiting.oldest_at,
            "queues": [
                {"queue": queue, "count": number}
                for queue, number in sorted(waiting.by_queue.items())
            ],
            "age": _bins_shown(waiting.histogram),
        },
        "analysts": [
            {
                "analyst": each.name,
                "decided": each.decided,
                "frauds": each.frauds,
                "per_day": round(each.per_day, 2),
                "minutes_median": _rounded(each.minutes_median, 1),
            }
            for each in figures.analysts
        ],
        "weeks": [
            {
                "starts_on": week.starts_on,
                "stopped": decimal_string(week.stopped_minor),
                "released": decimal_string(week.released_minor),
                "refused": decimal_string(week.refused_minor),
                "taken_back": decimal_string(week.taken_back_minor),
                "opened": week.opened,
                "decided": week.decided,
                "frauds": week.frauds,
            }
            for week in figures.weeks
        ],
    }


def _operations_shown(operations: Operations) -> dict[str, Any]:
    return {
        "asked": {
            "count": operations.asked.number,
            "value": decimal_string(operations.asked.value_minor),
        },
        "cancelled": [
            {"outcome": name, "count": each.number, "value": decimal_string(each.value_minor)}
            for name, each in operations.cancelled.items()
        ],
        "count_share": _rounded(operations.number_share),
        "value_share": _rounded(operations.value_share),
    }


def _bins_shown(bins: list[Bin]) -> list[dict[str, Any]]:
    return [{"bin": each.name, "count": each.number} for each in bins]


def _share_shown(share: Share) -> dict[str, Any]:
    return {
        "part": share.part,
        "of": share.of,
        "share": round(share.value, 6) if share.of else None,
        "lower": round(share.lower, 6),
        "upper": round(share.upper, 6),
    }


def _estimate_shown(estimate: Estimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    return {
        name: round(value, 6)
        for name, value in zip(("share", "lower", "upper"), estimate, strict=True)
    }


def _rounded(value: float | None, digits: int = 6) -> float | None:
    return None if value is None else round(value, digits)
