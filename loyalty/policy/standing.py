"""Whose facts are kept: known subscribers', of moments that have come."""

from datetime import datetime

from kernel.moments import CLOCK_SKEW
from kernel.refusals import Refusal
from loyalty.policy.book import Book


class UnknownSubscriber(Refusal):
    code = "unknown_subscriber"
    title = "Billing has not reported this subscriber yet."


class OccurredInTheFuture(Refusal):
    code = "occurred_in_the_future"
    title = "What is reported has not happened yet."


class SubscriberClosed(Refusal):
    code = "subscriber_closed"
    title = "The subscriber was closed before this happened."


class SubscriberSuspended(Refusal):
    code = "subscriber_suspended"
    title = "A suspended subscriber earns and can't redeem."


def refusal_for_fact(book: Book | None, occurred_at: datetime, now: datetime) -> Refusal | None:
    """Why what billing reports of a subscriber can't be kept, or None."""
    if book is None:
        return UnknownSubscriber()
    if occurred_at > now + CLOCK_SKEW:
        return OccurredInTheFuture()
    return None


def refusal_for_charge(book: Book | None, occurred_at: datetime, now: datetime) -> Refusal | None:
    """Why a charge can't be kept, or None. A closed subscriber's earlier charges are kept."""
    if book is not None and book.closed_at is not None and occurred_at >= book.closed_at:
        return SubscriberClosed()
    return refusal_for_fact(book, occurred_at, now)


def refusal_by_status(book: Book | None) -> Refusal | None:
    """Why a subscriber can't redeem whatever they have, or None."""
    if book is None:
        return UnknownSubscriber()
    if book.closed_at is not None:
        return SubscriberClosed()
    if book.status == "suspended":
        return SubscriberSuspended()
    return None


def refusal_by_closing(book: Book) -> Refusal | None:
    """Why a subscriber's reservations can't be settled any more, or None."""
    return SubscriberClosed() if book.closed_at is not None else None
