"""The queue in figures, and which cases are whose."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from fraud.models import Case
from fraud.policy.cases import CLAIM_LASTS, CLAIMED, CLOSED, SNOOZED, Analyst
from fraud.queries.cases import is_to_do


class QueueFigures(NamedTuple):
    """What waits in one queue: how many cases, worth how much, and how many are overdue."""

    number: int
    value_minor: int
    overdue: int


class Figures(NamedTuple):
    """What waits, by queue and by view.

    Attributes:
        queues: what can be done now; the views count what is in them.
    """

    queues: Mapping[str, QueueFigures]
    open: int
    mine: int
    escalated: int
    overdue: int
    snoozed: int
    confirm: int

    @property
    def to_do(self) -> int:
        """How many cases this analyst can work on now."""
        return sum(each.number for each in self.queues.values())


# The view that is shown if none is asked for.
TO_DO = "todo"


def conditions(*, by: Analyst, now: datetime) -> dict[str, Q]:
    """The views of the queue: cases by whose turn it is, or by what is the matter with them."""
    is_open = ~Q(status=CLOSED)
    return {
        TO_DO: is_open & is_to_do(by, now),
        "open": is_open,
        "mine": Q(status=CLAIMED, claimed_by=by.name, claimed_at__gt=now - CLAIM_LASTS),
        "confirm": is_open & Q(proposed_by__isnull=False) & ~Q(proposed_by=by.name),
        "escalated": is_open & Q(is_escalated=True),
        "overdue": is_open & Q(due_at__lte=now),
        "snoozed": Q(status=SNOOZED, snoozed_until__gt=now),
        "closed": Q(status=CLOSED),
    }


_COUNTED = ("open", "mine", "escalated", "overdue", "snoozed", "confirm")


def queue_figures(*, by: Analyst, now: datetime) -> Figures:
    """What waits, in one statement over the open cases alone."""
    said = conditions(by=by, now=now)
    to_do = said[TO_DO]
    rows: list[Any] = list(
        Case.objects.exclude(status=CLOSED)
        .values("queue")
        .annotate(
            number=Count("pk", filter=to_do),
            value=Coalesce(Sum(F("value_minor"), filter=to_do), 0),
            late=Count("pk", filter=to_do & said["overdue"]),
            **{name: Count("pk", filter=said[name]) for name in _COUNTED},
        )
        .order_by("queue")
    )
    return Figures(
        {
            row["queue"]: QueueFigures(row["number"], int(row["value"]), row["late"])
            for row in rows
            if row["number"]
        },
        *(sum(row[name] for row in rows) for name in _COUNTED),
    )
