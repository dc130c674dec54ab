"""Post what billing charged."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction

from kernel.batches import collection_paused
from kernel.fingerprints import fingerprint
from kernel.moments import day_of, lapse_at, microseconds, month_of
from kernel.refusals import IdReused, Refusal
from loyalty import news
from loyalty.ledger import facts
from loyalty.ledger.books import AskedBooks
from loyalty.ledger.connection import FEW, ask, suited_to
from loyalty.ledger.facts import KeptCharge
from loyalty.ledger.plan import ChargeRow, Plan, write
from loyalty.operations.daily_limits import count_use
from loyalty.operations.post_refunds import take_waiting_refunds_back
from loyalty.operations.tier_evaluation import TierEvaluation, evaluation_of
from loyalty.policy.accrual import NOTHING, Benefits, ChargeItem, accrue
from loyalty.policy.book import Book
from loyalty.policy.limits import CHARGES, DailyLimit
from loyalty.policy.lots import Lot
from loyalty.policy.standing import refusal_for_charge
from loyalty.policy.terms import NumberedTerms, Terms
from loyalty.policy.tiers import TierStart, tier_at
from loyalty.queries.enrolment import enrolled_among
from loyalty.queries.terms import TERMS_MARK, TermsCalendar, calendar_marked, program_zone
from outbox.operations import publish

Key = tuple[int, str]


class ChargeOutcome(NamedTuple):
    """What became of one charge: posted, replayed, or refused with nothing written."""

    charge_id: str
    points_earned: int = 0
    points_in_review: int = 0
    points_to_debt: int = 0
    replayed: bool = False
    refusal: Refusal | None = None


_UNDECIDED = ChargeOutcome("")


class FreshCharge(NamedTuple):
    """A charge that nobody has posted, with what its instant means to the program."""

    place: int
    item: ChargeItem
    book: Book
    meaning: bytes
    day: date
    month: date
    number: int
    terms: Terms


class Sorting(NamedTuple):
    """Outcomes in the places of their charges, and what is still to be decided."""

    outcomes: list[ChargeOutcome]
    fresh: list[FreshCharge]
    repetitions: list[tuple[int, int]]

    def answer_repetitions(self) -> None:
        """A charge that stands twice in one list is posted once and answered twice."""
        for place, first in self.repetitions:
            self.outcomes[place] = self.outcomes[first]._replace(replayed=True)


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides over fresh charges."""

    zone: ZoneInfo
    enrolled: Collection[int]
    benefits: Mapping[int, Benefits]
    tier_starts: Mapping[int, Sequence[TierStart]]
    evaluation: TierEvaluation
    this_month: date

    def tier(self, charge: FreshCharge, plan: Plan) -> str:
        """The tier in force when a charge occurred, whether the clock has evaluated it or not.

        Its history matters only before the present one.
        """
        book, at = charge.book, charge.item.occurred_at
        self.evaluation.reach(book, charge.month, self.this_month, plan)
        if book.tier_since is None or at >= book.tier_since:
            return book.tier
        key = book.subscriber_id
        return tier_at(self.evaluation.starts.get(key) or self.tier_starts[key], at)


def meaning_of(item: ChargeItem) -> bytes:
    """What a charge says, apart from its id: two that say the same are the same charge."""
    return fingerprint(item.amount_minor, item.kind, microseconds(item.occurred_at))


@transaction.atomic
def post_charges(
    *, charges: Sequence[ChargeItem], now: datetime, limit: DailyLimit | None = None
) -> list[ChargeOutcome]:
    """Keep charges and give the points that they earn, each exactly once.

    Safe to repeat: a charge whose id was posted before with the same content is answered with
    what it made then. A refused charge leaves nothing behind and does not stop the others.

    Args:
        charges: at most 10,000, of any subscribers, in any order.
        now: the moment of posting, timezone-aware.
        limit: what the caller may post in a day, if that is limited; charges that were posted
            before are not counted again.

    Returns:
        The outcomes in the order of the charges; a refusal among them is UnknownSubscriber,
        SubscriberClosed, OccurredInTheFuture or IdReused.

    Raises:
        ClientLimitExceeded: the fresh charges together exceed the limit; none was posted.
    """
    with suited_to(len(charges)), collection_paused(len(charges)):
        books, kept, calendar = lock_and_gather(charges, now)

        sorting = sort_out(charges, books, kept, calendar, now)
        if not sorting.fresh:
            # Nothing is left behind, a wallet that was opened for a refused charge neither.
            transaction.set_rollback(True)
            return sorting.outcomes
        known = facts_for(sorting.fresh, calendar, now)

        plan = Plan()
        for charge in sorting.fresh:
            sorting.outcomes[charge.place] = decide(plan, charge, known, now)
        sorting.answer_repetitions()

        take_waiting_refunds_back(plan=plan, calendar=calendar, now=now)
        known.evaluation.write(now=now)
        write(plan, now=now)
        fresh_minor = sum(charge.item.amount_minor for charge in sorting.fresh)
        count_use(limit, use=CHARGES, amount_minor=fresh_minor, now=now)

        publish(name=news.ACCRUED, items=_accruals(sorting), now=now)
        publish(name=news.PAYOUT_HELD, items=_held(sorting), now=now)
        return sorting.outcomes


def lock_and_gather(
    charges: Sequence[ChargeItem], now: datetime
) -> tuple[dict[str, Book], dict[Key, KeptCharge], TermsCalendar]:
    """Lock the books, and read what was posted before and the terms."""
    keys = [(charge.subscriber_id, charge.charge_id) for charge in charges]
    asked_books = AskedBooks([charge.subscriber_id for charge in charges])
    # One round trip for all three, at the price of looking the subscribers up twice.
    asked_charges = facts.ask_for_charges(keys) if len(keys) < FEW else None
    asked_terms = ask(TERMS_MARK)
    books, only_now = asked_books.locked(now=now)
    [mark] = asked_terms.fetchall()
    if asked_charges is None or only_now:
        # Until a wallet is there, nothing keeps another call from posting the same charges:
        # what was asked before it was locked isn't known.
        kept = facts.kept_charges(
            [(books[owner].subscriber_id, charge) for owner, charge in keys if owner in books]
        )
    else:
        kept = facts.answered_charges(asked_charges)
    return books, kept, calendar_marked(*mark)


def sort_out(
    charges: Sequence[ChargeItem],
    books: Mapping[str, Book],
    kept: Mapping[Key, KeptCharge],
    calendar: TermsCalendar,
    now: datetime,
) -> Sorting:
    """Answer what is refused or was posted before; the charges that remain are fresh."""
    zone = program_zone()
    sorting = Sorting([_UNDECIDED] * len(charges), [], [])
    firsts: dict[Key, FreshCharge] = {}
    for place, item in enumerate(charges):
        book = books.get(item.subscriber_id)
        refusal = refusal_for_charge(book, item.occurred_at, now)
        meaning = meaning_of(item)
        if book is not None:
            key = (book.subscriber_id, item.charge_id)
            before, first = kept.get(key), firsts.get(key)
            if before is not None:
                sorting.outcomes[place] = _repeated(before, meaning)
                continue
            if first is not None:
                if first.meaning == meaning:
                    sorting.repetitions.append((place, first.place))
                    continue
                refusal = IdReused()
            elif refusal is None:
                day = day_of(item.occurred_at, zone)
                firsts[key] = fresh = FreshCharge(
                    place,
                    item,
                    book,
                    meaning,
                    day,
                    day.replace(day=1),
                    *calendar.at(item.occurred_at),
                )
                sorting.fresh.append(fresh)
                continue
        sorting.outcomes[place] = ChargeOutcome(item.charge_id, refusal=refusal)
    return sorting


def facts_for(fresh: Sequence[FreshCharge], calendar: TermsCalendar, now: datetime) -> Facts:
    """Gather what decides over fresh charges: nothing more than can matter to them."""
    books = {charge.book.subscriber_id: charge.book for charge in fresh}
    benefits = {key: Benefits(book.benefit_life_minor) for key, book in books.items()}
    near_a_cap = _near_a_cap(fresh)
    if near_a_cap:
        months = [charge.month for charge in fresh]
        for key, by_month in facts.benefits_by_month(near_a_cap, months).items():
            benefits[key].months = by_month
    this_month = month_of(now, program_zone())
    due = _to_evaluate(fresh, this_month)
    before_their_tier = [
        charge.book.subscriber_id
        for charge in fresh
        if charge.book.tier_since is not None and charge.item.occurred_at < charge.book.tier_since
    ]
    starts = facts.tier_starts(before_their_tier) if before_their_tier else {}
    return Facts(
        zone=program_zone(),
        enrolled=enrolled_among(books),
        benefits=benefits,
        tier_starts=starts,
        evaluation=evaluation_of(due, calendar),
        this_month=this_month,
    )


def decide(plan: Plan, charge: FreshCharge, known: Facts, now: datetime) -> ChargeOutcome:
    """Write one fresh charge into its book and the plan."""
    _, item, book, meaning, day, month, number, terms = charge
    subscriber_id = book.subscriber_id
    tier = known.tier(charge, plan)
    accrual = NOTHING
    if subscriber_id in known.enrolled:
        accrual = accrue(
            book,
            item,
            month=month,
            points=terms.points_for(item.amount_minor, item.kind, tier),
            benefits=known.benefits[subscriber_id],
            terms=terms,
            terms_number=number,
            now=now,
        )

    plan.books[subscriber_id] = book
    if accrual.lot is not None:
        opened = accrual.points_earned - accrual.points_to_debt
        expires_at = lapse_at(day, terms.lot_life_months, known.zone)
        plan.opened[subscriber_id, accrual.lot] = Lot(
            subscriber_id, accrual.lot, opened, opened, expires_at
        )
    value_minor = accrual.points_earned * terms.point_value_minor
    book.benefit_life_minor += value_minor
    change = plan.month(subscriber_id, month)
    change.revenue_minor += item.amount_minor
    change.points_earned += accrual.points_earned
    change.benefit_minor += value_minor
    plan.charges.append(
        ChargeRow(
            subscriber_id,
            item.charge_id,
            item.amount_minor,
            item.kind,
            item.occurred_at,
            month,
            meaning,
            tier,
            number,
            accrual.points_earned,
            accrual.points_in_review,
            accrual.points_to_debt,
            accrual.lot,
            book.posting_at(now),
            0,
            accrual.points_in_review,
        )
    )
    if accrual.points_in_review:
        plan.hold(subscriber_id, month, accrual.points_in_review, NumberedTerms(number, terms))
    return ChargeOutcome(
        item.charge_id,
        accrual.points_earned,
        accrual.points_in_review,
        accrual.points_to_debt,
    )


def _to_evaluate(fresh: Sequence[FreshCharge], this_month: date) -> list[Book]:
    """Books whose tier was not evaluated for this month, or for that of a charge, yet."""
    due = {}
    for charge in fresh:
        evaluated_for = charge.book.tier_evaluated_for
        if evaluated_for is None or evaluated_for < this_month or evaluated_for < charge.month:
            due[charge.book.subscriber_id] = charge.book
    return list(due.values())


def _near_a_cap(fresh: Sequence[FreshCharge]) -> list[int]:
    """Subscribers whose benefits of a lifetime may pass the smallest cap with these charges."""
    life_minor: dict[int, int] = {}
    near = set()
    for charge in fresh:
        book, item, terms = charge.book, charge.item, charge.terms
        most = terms.points_for(item.amount_minor, item.kind, terms.tiers[-1].name)
        life = life_minor.get(book.subscriber_id, book.benefit_life_minor)
        life += most * terms.point_value_minor
        life_minor[book.subscriber_id] = life
        if life > terms.smallest_benefit_cap_minor:
            near.add(book.subscriber_id)
    return sorted(near)


def _repeated(before: KeptCharge, meaning: bytes) -> ChargeOutcome:
    if before.fingerprint != meaning:
        return ChargeOutcome(before.charge_id, refusal=IdReused())
    return ChargeOutcome(
        before.charge_id,
        before.points_earned,
        before.points_in_review,
        before.points_to_debt,
        replayed=True,
    )


def _accruals(sorting: Sorting) -> list[dict[str, object]]:
    announced = []
    for charge in sorting.fresh:
        outcome = sorting.outcomes[charge.place]
        if outcome.points_earned:
            announced.append(
                {
                    "subscriber_id": charge.item.subscriber_id,
                    "charge_id": outcome.charge_id,
                    "points": outcome.points_earned,
                    "points_to_debt": outcome.points_to_debt,
                    "occurred_at": charge.item.occurred_at,
                }
            )
    return announced


def _held(sorting: Sorting) -> list[dict[str, object]]:
    return [
        {
            "subscriber_id": charge.item.subscriber_id,
            "charge_id": charge.item.charge_id,
            "month": charge.month,
            "points": sorting.outcomes[charge.place].points_in_review,
        }
        for charge in sorting.fresh
        if sorting.outcomes[charge.place].points_in_review
    ]
