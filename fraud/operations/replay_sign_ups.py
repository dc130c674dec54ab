"""Sign-ups of a file as if they were ours: registered, asked about, and gone again."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from django.db import connection, transaction

from accounts.models import Subscriber
from accounts.operations import IdentifierSeen, SubscriberItem, put_subscribers, record_uses
from accounts.policy.history import StatusReport
from accounts.policy.identifiers import IdentifierDigest
from fraud.policy.facts import Facts
from fraud.policy.samples import Example
from fraud.policy.sign_ups import Sequenced, SignUp, groups_of, in_sequence
from fraud.queries.asked import Asked
from fraud.queries.facts import NOTHING_DEMANDED, facts_of
from kernel.batches import collection_paused
from loyalty.policy.gate import Subject

_REGISTERED_AT_ONCE = 5_000
_ASKED_AT_ONCE = 1_000
_ANALYZE = "ANALYZE accounts_subscriber, accounts_identifier, accounts_identifieruse"


@transaction.atomic
def replay_sign_ups(
    *, sign_ups: Sequence[SignUp], limits: Mapping[str, int], advance: Callable[[int], None]
) -> list[Example]:
    """What screening would have known of each sign-up's purchase at its moment.

    The purchase is taken for a first redemption. Everything goes through the verbs and queries
    that subscribers go through, within a transaction that is rolled back: nothing stays, and
    nothing is announced. Identifiers are kept apart from those of subscribers.

    Args:
        limits: by kind, of how many others an identifier links nobody any more.
        advance: told how many steps were done, two for each sign-up.

    Returns:
        In the order of the purchases.
    """
    with collection_paused(len(sign_ups)):
        sequence, groups = in_sequence(sign_ups), groups_of(sign_ups)
        known = _replayed(sequence, limits, advance)
    transaction.set_rollback(True)
    return [
        Example(facts, each.sign_up.is_fraud, groups[each.sign_up.number])
        for each, facts in zip(sequence, known, strict=True)
    ]


def _replayed(
    sequence: Sequence[Sequenced], limits: Mapping[str, int], advance: Callable[[int], None]
) -> list[Facts]:
    keys: dict[int, int] = {}
    for start in range(0, len(sequence), _REGISTERED_AT_ONCE):
        page = sequence[start : start + _REGISTERED_AT_ONCE]
        keys |= _registered(page)
        # The database plans for the rows that it knows of, and knows of none of these.
        with connection.cursor() as cursor:
            cursor.execute(_ANALYZE)
        advance(len(page))
    known: list[Facts] = []
    for start in range(0, len(sequence), _ASKED_AT_ONCE):
        page = sequence[start : start + _ASKED_AT_ONCE]
        known += _known(page, keys, limits)
        advance(len(page))
    return known


def _registered(page: Sequence[Sequenced]) -> dict[int, int]:
    """The subscribers' keys by the sign-ups' numbers."""
    items = {_name(each.sign_up): each for each in page}
    outcomes = put_subscribers(
        subscribers=[_report(each.sign_up) for each in page],
        now=max(each.asked_at for each in page),
    )
    assert all(outcome.created for outcome in outcomes), "a sign-up's name is nobody else's"
    rows = Subscriber.objects.filter(external_id__in=items).values_list("external_id", "id")
    keys = {items[name].sign_up.number: key for name, key in rows}
    record_uses(
        seen=[
            IdentifierSeen(keys[each.sign_up.number], identifier, each.seen_at)
            for each in page
            for identifier in (_line(each.sign_up), *each.sign_up.identifiers)
        ]
    )
    return keys


def _report(sign_up: SignUp) -> SubscriberItem:
    return SubscriberItem(
        subscriber_id=_name(sign_up),
        msisdn=_line(sign_up),
        msisdn_country="",
        report=StatusReport("active", sign_up.signed_up_at),
        plan="",
        region="",
    )


def _known(
    page: Sequence[Sequenced], keys: dict[int, int], limits: Mapping[str, int]
) -> list[Facts]:
    asked = [_asked(each.sign_up, keys[each.sign_up.number], each.asked_at) for each in page]
    return facts_of(asked, [NOTHING_DEMANDED] * len(asked), limits=limits)


def _asked(sign_up: SignUp, key: int, at: datetime) -> Asked:
    subject = Subject("redemption", _name(sign_up), key, "bill_credit", sign_up.value_minor)
    return Asked(subject, at)


def _name(sign_up: SignUp) -> str:
    # No subscriber's id has a tab.
    return f"sign-up\t{sign_up.number}"


def _line(sign_up: SignUp) -> IdentifierDigest:
    """A phone number that nobody else has: the file has none."""
    digest = sha256(_name(sign_up).encode()).digest()
    return IdentifierDigest("phone", digest, 0, "")
