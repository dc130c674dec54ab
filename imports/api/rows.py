"""Rows as the API reads them: the same strict bodies, the same verbs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from accounts.api.bodies import IdentifierIn, SubscriberRow, subscriber_item
from accounts.operations import SubscriberItem, put_subscribers
from accounts.policy.identifiers import KINDS as IDENTIFIER_KINDS
from accounts.policy.reports import StaleReport
from doors.api.bodies import StrictList, StrictSerializer, parse_each
from doors.api.fields import (
    AmountField,
    DateField,
    InstantField,
    StrictBoolean,
    StrictInteger,
)
from doors.queries import daily_charge_limit_of
from imports.policy.kinds import (
    AMOUNT,
    BOOLEAN,
    DAY,
    END_SUFFIX,
    IDENTIFIER,
    IDENTIFIER_END,
    INSTANT,
    INTEGER,
    SUBSCRIBER,
    TEXT,
    Column,
    RowFault,
    RowOutcome,
)
from kernel.refusals import Refusal
from loyalty.api.bodies import ChargeIn, charge_item
from loyalty.operations.post_charges import post_charges
from loyalty.policy.accrual import ChargeItem
from loyalty.policy.limits import ClientLimitExceeded, DailyLimit

_NAME = re.compile(r"[A-Za-z_]{1,40}", re.ASCII)
_FAULTS_TOLD_MAX = 5


class ChargeRows:
    """Rows that are charges."""

    id_member = "charge_id"
    has_reports = False

    def __init__(self) -> None:
        self.columns = columns_for(ChargeIn)

    def read(self, documents: Sequence[Any]) -> list[ChargeItem | RowFault]:
        """Return for each document the charge that it is, or what is wrong with it."""
        return [
            charge_item(said) if isinstance(said, dict) else row_fault(said)
            for said in parse_each(ChargeIn, documents)
        ]

    def take_in(
        self, items: Sequence[ChargeItem], *, now: datetime, by: str, reported_at: datetime
    ) -> list[RowOutcome]:
        """Post the charges; those of a batch that exceeds the client's limit are all rejected."""
        limit_minor = daily_charge_limit_of(actor=by)
        limit = None if limit_minor is None else DailyLimit(by, limit_minor)
        try:
            outcomes = post_charges(charges=items, now=now, limit=limit)
        except ClientLimitExceeded as refusal:
            return [RowOutcome(fault=refusal_fault(refusal))] * len(items)
        return [
            RowOutcome(outcome.replayed, refusal_fault(outcome.refusal)) for outcome in outcomes
        ]


class SubscriberRows:
    """Rows that are subscribers; one that changes nothing counts as known already."""

    id_member = SUBSCRIBER
    has_reports = True

    def __init__(self) -> None:
        self.columns = columns_for(SubscriberRow)

    def read(self, documents: Sequence[Any]) -> list[SubscriberItem | RowFault]:
        """Return for each document the report that it is, or what is wrong with it."""
        return [
            subscriber_item(said[SUBSCRIBER], said) if isinstance(said, dict) else row_fault(said)
            for said in parse_each(SubscriberRow, documents)
        ]

    def take_in(
        self, items: Sequence[SubscriberItem], *, now: datetime, by: str, reported_at: datetime
    ) -> list[RowOutcome]:
        """Put the subscribers; a row without a moment is of the file's."""
        dated = [
            item if item.reported_at is not None else replace(item, reported_at=reported_at)
            for item in items
        ]
        return [
            RowOutcome(
                replayed=outcome.refusal is None and not (outcome.created or outcome.changed),
                fault=refusal_fault(outcome.refusal),
                is_stale=isinstance(outcome.refusal, StaleReport),
            )
            for outcome in put_subscribers(subscribers=dated, now=now)
        ]


def columns_for(serializer_class: type[StrictSerializer]) -> dict[str, Column]:
    """Return the columns that a CSV file of these bodies may have."""
    return {".".join(column.path): column for column in _columns(serializer_class(), ())}


def _columns(serializer: StrictSerializer, path: tuple[str, ...]) -> list[Column]:
    columns = []
    for name, field in serializer.fields.items():
        place = (*path, name)
        if isinstance(field, StrictSerializer):
            # Whether all of a nested object is there is for the row to say.
            columns += [column._replace(is_required=False) for column in _columns(field, place)]
        elif isinstance(field, StrictList):
            assert isinstance(field.child, IdentifierIn), "no other list has columns"
            columns += [Column((*place, kind), IDENTIFIER) for kind in IDENTIFIER_KINDS]
            columns += [
                Column((*place, kind + END_SUFFIX), IDENTIFIER_END) for kind in IDENTIFIER_KINDS
            ]
        else:
            columns.append(Column(place, _reads(field), field.required))
    return columns


_READS = {
    StrictBoolean: BOOLEAN,
    StrictInteger: INTEGER,
    AmountField: AMOUNT,
    InstantField: INSTANT,
    DateField: DAY,
}


def _reads(field: Any) -> str:
    return next((reads for kind, reads in _READS.items() if isinstance(field, kind)), TEXT)


def row_fault(faults: Sequence[Mapping[str, str]]) -> RowFault:
    """Return what is wrong with a row as one fault: the first one's code and place, all told."""
    told = [(_place(fault), fault["code"], fault["detail"]) for fault in faults]
    place, code, _ = told[0]
    detail = " ".join(
        f"{place or '(row)'}: {detail}" for place, _, detail in told[:_FAULTS_TOLD_MAX]
    )
    return RowFault(code, detail, place)


def _place(fault: Mapping[str, str]) -> str:
    """Return the pointer of a fault; an unknown member might be anything, a value even."""
    pointer = fault["pointer"]
    if fault["code"] != "unknown":
        return pointer
    parent, _, name = pointer.rpartition("/")
    return pointer if _NAME.fullmatch(name) else parent


def refusal_fault(refusal: Refusal | None) -> RowFault | None:
    """Return a verb's refusal of a row as a fault."""
    return None if refusal is None else RowFault(refusal.code, refusal.detail)
