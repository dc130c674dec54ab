"""Which payouts and instalments are due, in pages, and what is kept of a payout."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast

from kernel.moments import day_of
from loyalty.models import Entry, GateChange, Instalment, Payout
from loyalty.queries.terms import program_zone

_REQUESTED = """
    SELECT id, subscriber_id, requested_at FROM loyalty_payout
    WHERE status = 'requested' AND requested_at <= %s AND (requested_at, id) > (%s, %s)
    ORDER BY requested_at, id LIMIT %s
"""

_EMPTIED = """
    SELECT id, subscriber_id, requested_at FROM loyalty_payout
    WHERE kind = 'cap_excess' AND status = 'in_review' AND points = 0 LIMIT %s
"""

# Parts of payouts that are frozen or in review wait with them.
_DUE = """
    SELECT i.due_on, i.subscriber_id, i.payout_id, i.number
    FROM loyalty_instalment i JOIN loyalty_payout p ON p.id = i.payout_id AND p.status = 'cleared'
    WHERE i.status = 'due' AND i.due_on <= %s
        AND (i.due_on, i.subscriber_id, i.payout_id, i.number) > (%s, %s, %s, %s)
    ORDER BY i.due_on, i.subscriber_id, i.payout_id, i.number LIMIT %s
"""


class Place(NamedTuple):
    """Where a page of payouts ended."""

    requested_at: datetime
    payout_id: UUID


class DuePayout(NamedTuple):
    """A payout that waits for a job."""

    payout_id: UUID
    subscriber_id: int
    requested_at: datetime

    @property
    def place(self) -> Place:
        return Place(self.requested_at, self.payout_id)


class DuePart(NamedTuple):
    """An instalment that is due; the place that the next page goes on after."""

    due_on: date
    subscriber_id: int
    payout_id: UUID
    number: int


FIRST = Place(datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))
BEFORE_ALL_PARTS = DuePart(date(1, 1, 1), 0, UUID(int=0), 0)


def requested_payouts(*, now: datetime, after: Place, limit: int) -> list[DuePayout]:
    """Payouts after a place that wait to be screened."""
    with connection.cursor() as cursor:
        cursor.execute(_REQUESTED, [now, *after, limit])
        return [DuePayout(*row) for row in cursor.fetchall()]


def emptied_excesses(*, limit: int) -> list[DuePayout]:
    """Excesses in review of which refunds have left nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_EMPTIED, [limit])
        return [DuePayout(*row) for row in cursor.fetchall()]


def due_parts(*, now: datetime, after: DuePart, limit: int) -> list[DuePart]:
    """Instalments after a place that are due by the day of `now`."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [day_of(now, program_zone()), *after, limit])
        return [DuePart(*row) for row in cursor.fetchall()]


def parts_of(payouts: Sequence[Payout]) -> QuerySet[Instalment]:
    """The parts of payouts in their order."""
    return Instalment.objects.filter(
        subscriber_id__in={payout.subscriber_id for payout in payouts},
        payout_id__in=[payout.pk for payout in payouts],
    ).order_by("number")


def entries_of(payout: Payout) -> QuerySet[Entry]:
    """What a payout moved in the ledger, the earliest first."""
    return Entry.objects.filter(
        subscriber_id=payout.subscriber_id, cause_type="payout", cause_id=str(payout.pk)
    ).order_by("number")


def changes_of(subject_type: str, subject_id: str) -> QuerySet[GateChange]:
    """The steps of a payout or a redemption, the earliest first."""
    return GateChange.objects.filter(subject_type=subject_type, subject_id=subject_id).order_by(
        "id"
    )


def with_reasons_said(payouts: QuerySet[Payout]) -> QuerySet[Payout]:
    """Payouts, each with the reason of the proposal or request that the next verdict meets."""
    said = GateChange.objects.filter(
        subject_type="payout",
        subject_id=Cast(OuterRef("pk"), CharField()),
        changed_by=OuterRef("maker"),
        step__in=("request", "propose_clear", "propose_refuse"),
    ).order_by("-id")
    return payouts.annotate(reason_said=Subquery(said.values("reason")[:1]))
