"""What decides over redemptions, gathered for a list of subscribers."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet

from kernel.owners import EVERYBODY, Owners, owned
from loyalty.models import Redemption
from loyalty.policy.redemptions import RedemptionFacts, UnknownRedemption

_STANDING = """
    SELECT s.id, s.phone_verified, s.identity_verified,
        EXISTS (SELECT 1 FROM loyalty_redemption r
                WHERE r.subscriber_id = s.id AND r.settled_at IS NOT NULL),
        coalesce((SELECT sum(r.value_minor) FROM loyalty_redemption r
                  WHERE r.subscriber_id = s.id
                  AND r.status IN ('in_review', 'reserved', 'settled')), 0)::bigint,
        coalesce((SELECT sum(m.points_redeemed) FROM loyalty_subscribermonth m
                  WHERE m.subscriber_id = s.id AND m.month = %s), 0)::bigint,
        coalesce((SELECT sum(m.points_redeemed) FROM loyalty_subscribermonth m
                  WHERE m.subscriber_id = s.id AND m.month >= %s AND m.month < %s), 0)::bigint
    FROM accounts_subscriber s WHERE s.id = ANY(%s)
"""

# The cards that these subscribers have, and whether anybody else had one of them meanwhile; of a
# card that is presented, whether anybody else has it now.
_CARDS = """
    SELECT u.subscriber_id, i.digest,
        EXISTS (SELECT 1 FROM accounts_identifieruse o
                WHERE o.identifier_id = u.identifier_id AND o.subscriber_id <> u.subscriber_id
                    AND (o.ended_at IS NULL OR o.ended_at > u.first_seen_at))
    FROM accounts_identifieruse u JOIN accounts_identifier i ON i.id = u.identifier_id
    WHERE u.subscriber_id = ANY(%s) AND (u.ended_at IS NULL OR u.ended_at > %s)
        AND i.kind = 'card' AND NOT i.is_meaningless
    UNION
    SELECT v.subscriber_id, v.digest, true
    FROM unnest(%s::bigint[], %s::bytea[]) AS v (subscriber_id, digest)
    JOIN accounts_identifier i ON i.kind = 'card' AND i.digest = v.digest AND NOT i.is_meaningless
    JOIN accounts_identifieruse o ON o.identifier_id = i.id AND o.subscriber_id <> v.subscriber_id
    WHERE o.ended_at IS NULL OR o.ended_at > %s
"""


class Card(NamedTuple):
    """A payment instrument that a subscriber presents."""

    subscriber_id: int
    digest: bytes


class Standing(NamedTuple):
    """What the program knows of a subscriber apart from lots and cards."""

    phone_is_verified: bool
    identity_is_verified: bool
    has_settled_before: bool
    value_taken_minor: int
    points_redeemed_month: int
    points_redeemed_year: int


class RedemptionRecord:
    """Standing, cards and lots of the subscribers who redeem."""

    def __init__(
        self, subscriber_ids: Sequence[int], cards: Sequence[Card], month: date, now: datetime
    ) -> None:
        self._standings: dict[int, Standing] = {}
        self._cards: dict[int, dict[bytes, bool]] = {key: {} for key in subscriber_ids}
        with connection.cursor() as cursor:
            year, next_year = date(month.year, 1, 1), date(month.year + 1, 1, 1)
            cursor.execute(_STANDING, [month, year, next_year, list(subscriber_ids)])
            for subscriber_id, *values in cursor.fetchall():
                self._standings[subscriber_id] = Standing(*values)
            cursor.execute(
                _CARDS,
                [
                    list(subscriber_ids),
                    now,
                    [card.subscriber_id for card in cards],
                    [card.digest for card in cards],
                    now,
                ],
            )
            for subscriber_id, digest, shared in cursor.fetchall():
                known = self._cards[subscriber_id]
                known[bytes(digest)] = known.get(bytes(digest), False) or shared

    def facts(
        self,
        subscriber_id: int,
        *,
        spendable_points: int,
        card: bytes | None,
        more_points: int,
        more_value_minor: int,
    ) -> RedemptionFacts:
        """The facts for one redemption.

        Args:
            card: the digest of the payment instrument presented; without one, those known
                from before count.
            more_points: what earlier redemptions of the same call have reserved.
            more_value_minor: the same in kopecks.
        """
        standing = self._standings[subscriber_id]
        known = self._cards[subscriber_id]
        presented = {card: known.get(card, False)} if card is not None else known
        return RedemptionFacts(
            spendable_points=spendable_points,
            points_redeemed_month=standing.points_redeemed_month + more_points,
            points_redeemed_year=standing.points_redeemed_year + more_points,
            value_taken_minor=standing.value_taken_minor + more_value_minor,
            has_settled_before=standing.has_settled_before,
            phone_is_verified=standing.phone_is_verified,
            identity_is_verified=standing.identity_is_verified,
            has_payment_instrument=bool(presented),
            # One of their own that nobody else uses is enough.
            payment_instrument_is_shared=bool(presented) and all(presented.values()),
        )


def due_reservations(*, now: datetime, after: int, limit: int) -> list[Redemption]:
    """Redemptions above the key `after` that are overdue, or whose subscriber has closed."""
    due = Q(status="reserved", expires_at__lte=now) | Q(
        status__in=("reserved", "in_review"), subscriber__closed_at__lte=now
    )
    return list(Redemption.objects.filter(due, pk__gt=after).order_by("pk")[:limit])


def redemptions_of(owners: Owners) -> "QuerySet[Redemption]":
    """The redemptions of these owners, with their subscribers."""
    return owned(Redemption.objects.select_related("subscriber"), owners)


def redemption_called(redemption_id: str, owners: Owners = EVERYBODY) -> Redemption:
    """The redemption with this id.

    Raises:
        UnknownRedemption: these owners never had it.
    """
    redemption = redemptions_of(owners).filter(redemption_id=redemption_id).first()
    if redemption is None:
        raise UnknownRedemption
    return redemption
