"""The queue in figures, and which cases are whose."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from fraud.models import Case
from fraud.policy.cases import CLAIM_LASTS, CLAIMED, CLOSED, SNOOZED


class QueueFigures(NamedTuple):
    """What waits in one queue: how many cases, worth how much, and how many are overdue."""

    number: int
    value_minor: int
    overdue: int


class Figures(NamedTuple):
    """What waits, by queue and by whose turn it is."""

    queues: Mapping[str, QueueFigures]
    mine: int
    escalated: int
    overdue: int
    snoozed: int
    to_confirm: int

    @property
    def number(self) -> int:
        """Of all cases that are not closed."""
        return sum(each.number for each in self.queues.values())


def conditions(*, by: str, now: datetime) -> dict[str, Q]:
    """Cases by whose turn it is, or by what is the matter with them."""
    is_open = ~Q(status=CLOSED)
    return {
        "open": is_open,
        "mine": Q(status=CLAIMED, claimed_by=by, claimed_at__gt=now - CLAIM_LASTS),
        "confirm": is_open & Q(proposed_by__isnull=False) & ~Q(proposed_by=by),
        "escalated": is_open & Q(is_escalated=True),
        "overdue": is_open & Q(due_at__lte=now),
        "snoozed": Q(status=SNOOZED, snoozed_until__gt=now),
        "closed": Q(status=CLOSED),
    }


def queue_figures(*, by: str, now: datetime) -> Figures:
    """What waits, in one statement over the open cases alone."""
    said = conditions(by=by, now=now)
    rows: list[Any] = list(
        Case.objects.exclude(status=CLOSED)
        .values("queue")
        .annotate(
            number=Count("pk"),
            value=Coalesce(Sum(F("value_minor")), 0),
            overdue=Count("pk", filter=said["overdue"]),
            mine=Count("pk", filter=said["mine"]),
            escalated=Count("pk", filter=said["escalated"]),
            snoozed=Count("pk", filter=said["snoozed"]),
            to_confirm=Count("pk", filter=said["confirm"]),
        )
        .order_by("queue")
    )

    def total(name: str) -> int:
        return sum(row[name] for row in rows)

    return Figures(
        {
            row["queue"]: QueueFigures(row["number"], int(row["value"]), row["overdue"])
            for row in rows
        },
        *(total(name) for name in ("mine", "escalated", "overdue", "snoozed", "to_confirm")),
    )
