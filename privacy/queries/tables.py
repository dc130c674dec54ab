"""Every table that holds something about a subscriber, and how its rows lead to them.

A model with a foreign key to subscribers that is missing here fails a house test.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import Model, Q, QuerySet


class Held(NamedTuple):
    """A table and the columns through which its rows are about a subscriber, by internal id."""

    model: str
    paths: tuple[str, ...] = ("subscriber",)


HELD: tuple[Held, ...] = (
    Held("accounts.Subscriber", ("pk",)),
    Held("accounts.StatusPeriod"),
    Held("accounts.IdentifierUse"),
    Held("accounts.Identifier", ("uses__subscriber", "lines")),
    Held("accounts.SubscriberKey"),
    Held("accounts.PersonalData"),
    Held("accounts.PersonalAccess"),
    Held("accounts.Erasure"),
    Held("loyalty.Wallet"),
    Held("loyalty.SubscriberMonth"),
    Held("loyalty.TierChange"),
    Held("loyalty.Entry"),
    Held("loyalty.Lot"),
    Held("loyalty.LotDraw"),
    Held("loyalty.UnkeyedChain"),
    Held("loyalty.ExpiryNotice"),
    Held("loyalty.Charge"),
    Held("loyalty.Refund"),
    Held("loyalty.Payout", ("subscriber", "depends_on")),
    Held("loyalty.Instalment"),
    Held("loyalty.GateChange"),
    Held("loyalty.Redemption"),
    Held("referrals.ReferralCode"),
    Held("referrals.Referral", ("inviter", "invitee")),
    Held("fraud.Assessment"),
    Held("fraud.Case", ("subscriber", "other")),
    Held("fraud.CaseEvent", ("case__subscriber", "case__other")),
    Held("fraud.BlockedIdentifier", ("identifier__uses__subscriber",)),
    Held("fraud.BlockedIdentifierEvent", ("identifier__uses__subscriber",)),
    Held("fraud.CrowdedIdentifier", ("identifier__uses__subscriber",)),
    Held("fraud.MeaninglessIdentifier", ("identifier__uses__subscriber",)),
    Held("fraud.MeaninglessIdentifierEvent", ("identifier__uses__subscriber",)),
    Held("fraud.SubscriberStandingEvent"),
    Held("fraud.RuleSnoozeEvent"),
    Held("fraud.SubscriberStanding"),
    Held("fraud.RuleSnooze"),
    Held("fraud.AnomalyScore"),
    Held("fraud.LookAlikeMember"),
)

# Never shown, whoever asks: they open nothing for a person, and everything for a thief.
_SECRET = {"accounts.SubscriberKey": {"wrapped"}, "accounts.PersonalData": {"nonce", "ciphertext"}}


def rows_about(subscriber_id: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Table by table, all rows about a subscriber, as JSON values but for dates and moments."""
    for held in HELD:
        yield held.model, [_row(held.model, row) for row in about(held, subscriber_id)]


def about(held: Held, subscriber_id: int) -> QuerySet[Model]:
    """The rows of one table that are about a subscriber."""
    asked = Q()
    for path in held.paths:
        asked |= Q(**{path: subscriber_id})
    found: QuerySet[Model] = apps.get_model(held.model)._default_manager.filter(asked)
    # A row that two paths lead to is one row.
    return found.order_by("pk").distinct()


def _row(model: str, row: Model) -> dict[str, Any]:
    left_out: set[str] = _SECRET.get(model, set())
    return {
        field.attname: _value(getattr(row, field.attname))
        for field in row._meta.concrete_fields
        if field.attname not in left_out
    }


def _value(value: Any) -> Any:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def models_by_table() -> Mapping[str, str]:
    """The listed models, by the name of their tables."""
    return {apps.get_model(held.model)._meta.db_table: held.model for held in HELD}
