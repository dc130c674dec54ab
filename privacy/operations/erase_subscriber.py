"""Erase a subscriber: who they are is gone, and the books close as before."""

from datetime import datetime

from django.db import transaction

from accounts.models import Erasure, Subscriber
from accounts.operations.erase_subscriber import (
    forget_subscriber,
    keep_erasure,
    name_of_erased,
    own_identifiers,
)
from accounts.policy.erasure import ToErase, refusal_to_erase
from accounts.queries.erasures import erasure_of
from accounts.queries.subscribers import NoSuchSubscriber
from fraud.operations.erase_subscriber import forget_blocks, rename_subject
from fraud.queries.blocks import blocked_among
from fraud.queries.erasing import has_open_case
from loyalty.models import Wallet
from loyalty.queries.audit import wallet_sums
from outbox.operations.rename_subscriber import rename_subscriber
from privacy.queries.books import books_of, rows_kept_about


@transaction.atomic
def erase_subscriber(
    *, external_id: str, basis: str, by: str, now: datetime, forced_because: str = ""
) -> Erasure:
    """Forget who a subscriber is, for good, and keep the proof of it.

    Deletes their data key, vault row, identifier uses, and the digests and hints that are nobody
    else's; billing's id gives way to one that leads nowhere. Blocks in force stay with basis and
    term, and so does every row of the books, by internal id. Safe to repeat: whoever was erased
    before is not erased again, and the first proof is returned.

    Args:
        external_id: billing's id.
        basis: what it is done on, such as a request and its date.
        forced_because: why although the line is not closed or a case is open.

    Raises:
        NoSuchSubscriber: billing has not reported them.
        ReasonForPersonalMissing: without a basis.
        SubscriberNotClosed, ErasureWaitsForCase: it isn't time yet.
    """
    subscriber = _locked(external_id)
    if subscriber is None:
        earlier = erasure_of(external_id)
        if earlier is None:
            raise NoSuchSubscriber
        return earlier

    facts = ToErase(subscriber.status, has_open_case(subscriber_id=subscriber.pk))
    own = own_identifiers(subscriber_id=subscriber.pk)
    books = books_of(subscriber.pk)

    refusal = refusal_to_erase(facts, basis=basis, forced_because=forced_because)
    if refusal is not None:
        raise refusal

    renamed = name_of_erased()
    blocked = blocked_among(own, now)
    ended_blocks = forget_blocks(identifier_ids=set(own) - blocked)
    forgotten = forget_subscriber(subscriber=subscriber, keep=blocked, renamed=renamed, now=now)
    forgotten.deleted["ended_blocks"] = ended_blocks
    rename_subject(external_id=external_id, renamed=renamed)
    forgotten.deleted["names_in_news"] = rename_subscriber(external_id=external_id, renamed=renamed)
    after = books_of(subscriber.pk)
    assert after == books, "forgetting who somebody is moves no points"

    return keep_erasure(
        subscriber_id=subscriber.pk,
        external_id=external_id,
        basis=basis,
        forced_because=forced_because,
        forgotten=forgotten,
        kept={**rows_kept_about(subscriber.pk), "identifiers_blocked": len(blocked)},
        books={"before": books, "after": after, "program": wallet_sums()},
        by=by,
        now=now,
    )


def _locked(external_id: str) -> Subscriber | None:
    """The subscriber, whose books nobody moves and whom nobody reports until the commit.

    None if they were erased, perhaps while this waited, or never reported.
    """
    # The wallet first, as in every verb that moves points.
    wallet = Wallet.objects.filter(subscriber__external_id=external_id)
    list(wallet.select_for_update(no_key=True, of=["self"]).values_list("pk"))
    # Not "no key": reports of the same subscriber wait, and find nobody afterwards.
    return Subscriber.objects.select_for_update().filter(external_id=external_id).first()
