"""What is paid for an invitee is what the brief says, along random histories."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, permutations
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kernel.moments import add_months, day_of, start_of_day
from loyalty.operations.pay_due import pay_due
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.operations.settle_redemptions import settle_redemptions
from referrals.operations.vest_referrals import vest_referrals
from tests.books import rows
from tests.factories import give_back, invite, post, register, reserve
from tests.loyalty.promises import prove_promises

pytestmark = pytest.mark.django_db

MOSCOW = ZoneInfo("Europe/Moscow")
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
GATE, PART, STAY, CLAWBACK = 150_000, 10_000, 3, 6
EPOCH = datetime(2024, 1, 10, 8, tzinfo=UTC)

few = settings(max_examples=max(20, settings().max_examples // 2))


class Bill(NamedTuple):
    """A charge of the invitee; days count from the activation."""

    day: int
    amount: int
    late: int


class Back(NamedTuple):
    """A refund of a quarter or more of a bill."""

    which: int
    quarters: int
    day: int
    reason: str


class Gap(NamedTuple):
    """A suspension or closing, some days after the one before, that may be learnt of later."""

    wait: int
    length: int | None
    status: str
    late: int


class Story(NamedTuple):
    """What happens to an invitee and an inviter, and when the jobs run."""

    start: datetime
    bills: list[Bill]
    backs: list[Back]
    gaps: list[Gap]
    inviter_gaps: list[Gap]
    spends: list[int]
    runs: list[int]


bills = st.builds(
    Bill, st.integers(0, 110), st.sampled_from((1, 50_000, 75_000, GATE - 1, GATE, 2 * GATE)),
    st.sampled_from((0, 0, 0, 30, 120, 260)),
)  # fmt: skip
backs = st.builds(
    Back, st.integers(0, 3),
    st.integers(1, 4),
    # Often about the end of the months in which it matters.
    st.integers(5, 400) | st.integers(275, 345),
    st.sampled_from(("refund", "refund", "chargeback")),
)  # fmt: skip
gaps = st.builds(
    Gap, st.integers(1, 260) | st.integers(275, 345), st.none() | st.integers(1, 70),
    st.sampled_from(("suspended", "closed")), st.sampled_from((0, 0, 10, 80)),
)  # fmt: skip
stories = st.builds(
    Story,
    st.sampled_from((
        datetime(2026, 1, 15, 9, tzinfo=UTC),
        # Half past midnight in Moscow, on the last day of a month.
        datetime(2025, 11, 29, 21, 30, tzinfo=UTC),
        datetime(2027, 11, 30, 20, 59, tzinfo=UTC),
        datetime(2028, 2, 29, 12, tzinfo=UTC),
    )),
    st.lists(bills, max_size=3).map(lambda made: [Bill(40, GATE, 0), *made][: len(made) + 1])
    | st.lists(bills, max_size=4),
    st.just([]) | st.lists(backs, max_size=2),
    st.just([]) | st.lists(gaps, max_size=2),
    st.just([]) | st.lists(gaps, max_size=1),
    st.lists(st.integers(93, 300), max_size=2),
    st.lists(st.sampled_from((1, 6, 17, 33, 60)), min_size=5, max_size=12),
)  # fmt: skip


class Known(NamedTuple):
    """A stretch in which somebody was not active: when it was, and when that was learnt."""

    starts_at: datetime
    learnt_at: datetime
    ends_at: datetime | None
    end_learnt_at: datetime | None
    status: str


class Paid(NamedTuple):
    """A charge, with when it was posted; a refund has the moment of its making for both."""

    occurred_at: datetime
    posted_at: datetime
    amount: int


class Returned(NamedTuple):
    made_at: datetime
    bill: Paid
    amount: int
    reason: str


@dataclass
class Facts:
    """What happened, for the model."""

    start: datetime
    runs: list[datetime]
    gaps: list[Known]
    inviter_gaps: list[Known]
    bills: dict[int, Paid] = field(default_factory=dict)
    backs: list[Returned] = field(default_factory=list)


def months_after(at: datetime, months: int) -> datetime:
    local = at.astimezone(MOSCOW)
    return datetime.combine(add_months(local.date(), months), local.time(), tzinfo=MOSCOW)


def active(known: Sequence[Known], at: datetime, run: datetime) -> bool:
    """Whether somebody was active at a moment, as far as it was known when the jobs ran."""
    return not any(
        gap.learnt_at <= run and gap.starts_at <= at
        and not (gap.ends_at and gap.end_learnt_at <= run and gap.ends_at <= at)  # type: ignore[operator]
        for gap in known
    )  # fmt: skip


def undone(facts: Facts, run: datetime) -> datetime | None:
    """The earliest thing known that takes a bonus back."""
    ends = months_after(facts.start, STAY)
    gone = [gap for gap in facts.gaps if gap.learnt_at <= run]
    found = [gap.starts_at for gap in gone if gap.starts_at < ends or gap.status == "closed"]
    backs = [back for back in facts.backs if back.made_at <= run and back.bill.occurred_at < ends]
    for back in backs:
        before = sum(each.amount for each in backs if each.made_at <= back.made_at)
        if back.reason == "chargeback" or gross(facts, run) - before < GATE:
            found.append(back.made_at)
    return min(found, default=None)


def gross(facts: Facts, run: datetime) -> int:
    ends = months_after(facts.start, STAY)
    known = [bill for bill in facts.bills.values() if bill.posted_at <= run]
    return sum(bill.amount for bill in known if facts.start <= bill.occurred_at < ends)


def reference(facts: Facts) -> Iterator[int]:
    """The brief, after each run: points paid and not taken back."""
    ends, cleared, over = months_after(facts.start, STAY), None, False
    paid: dict[int, datetime] = {}
    for run in facts.runs:
        given = sum(b.amount for b in facts.backs if b.made_at <= run and b.bill.occurred_at < ends)
        if cleared is None and not over:
            known = (gap.starts_at for gap in facts.gaps if gap.learnt_at <= run)
            over = any(at < min(run, ends) for at in known)
            if not over and ends <= run < months_after(ends, CLAWBACK):
                cleared = day_of(run, MOSCOW) if gross(facts, run) - given >= GATE else None
        for part in range(3) if cleared is not None else ():
            due = add_months(cleared or date.min, part)
            at = min(run, start_of_day(due + DAY, MOSCOW) - TICK)
            if not over and part not in paid and due <= day_of(run, MOSCOW):
                over = not (active(facts.gaps, at, run) and active(facts.inviter_gaps, at, run))
                paid |= {} if over else {part: run}
        at_last = undone(facts, run)
        if cleared is not None and at_last is not None:
            over = True
            paid = {n: p for n, p in paid.items() if at_last >= months_after(p, CLAWBACK)}
        yield PART * len(paid)


@dataclass
class Telling:
    """A story while it is told to the verbs."""

    story: Story
    facts: Facts
    net: list[int] = field(default_factory=list)
    seen: list[object] = field(default_factory=list)

    @classmethod
    def of(cls, story: Story) -> "Telling":
        start = story.start
        at = [start + (80 + day) * DAY + 7 * TICK for day in accumulate(story.runs)]
        known, inviters = _known(start, story.gaps), _known(start, story.inviter_gaps)
        return cls(story, Facts(start, at, known, inviters))

    def tell(self, orders: Sequence[Sequence[Any]] = ((vest_referrals, screen_payouts, pay_due),)
             ) -> "Telling":  # fmt: skip
        """Let everything happen in its order; each run takes the next of these orders of jobs."""
        register("inviter", activated_at=EPOCH, now=EPOCH)
        invite("inviter", "invitee", now=self.story.start)
        happenings = sorted([*self._billed(), *self._gone(), *self._spent(), *self._run(orders)],
                            key=lambda happening: happening[:2])  # fmt: skip
        for at, _, verb, arguments in happenings:
            verb(*arguments, at)
        return self

    def _billed(self) -> Iterator[tuple[datetime, str, Any, tuple[Any, ...]]]:
        for place, bill in enumerate(self.story.bills):
            occurred_at = self.story.start + bill.day * DAY
            yield occurred_at + bill.late * DAY, f"a{place}", self.bill, (place, occurred_at)
        for place, back in enumerate(self.story.backs):
            yield self.story.start + back.day * DAY + TICK, f"b{place}", self.back, (place,)

    def _gone(self) -> Iterator[tuple[datetime, str, Any, tuple[Any, ...]]]:
        both = (("invitee", self.facts.gaps), ("inviter", self.facts.inviter_gaps))
        for who, known in both:
            for gap in known:
                yield gap.learnt_at, f"c{who}", self.report, (who, gap.status, gap.starts_at)
                if gap.ends_at is not None and gap.end_learnt_at is not None:
                    yield gap.end_learnt_at, f"d{who}", self.report, (who, "active", gap.ends_at)

    def _spent(self) -> Iterator[tuple[datetime, str, Any, tuple[Any, ...]]]:
        for place, day in enumerate(self.story.spends):
            yield self.story.start + day * DAY + 5 * TICK, f"e{place}", self.spend, (place,)

    def _run(self, orders: Sequence[Any]) -> Iterator[tuple[datetime, str, Any, tuple[Any, ...]]]:
        for place, at in enumerate(self.facts.runs):
            yield at, "f", self.run, (orders[place % len(orders)],)

    def bill(self, place: int, occurred_at: datetime, now: datetime) -> None:
        amount = self.story.bills[place].amount
        outcome = post(
            f"c{place}", "invitee", amount_minor=amount, occurred_at=occurred_at, now=now
        )
        if outcome.refusal is None:
            self.facts.bills[place] = Paid(occurred_at, now, amount)

    def back(self, place: int, now: datetime) -> None:
        which, quarters, _, reason = self.story.backs[place]
        bill = self.facts.bills.get(which)
        amount = max(1, bill.amount * quarters // 4) if bill is not None else 0
        if bill is None:
            return
        outcome = give_back(
            f"f{place}", f"c{which}", "invitee", amount_minor=amount, reason=reason,
            occurred_at=now, now=now,
        )  # fmt: skip
        if outcome.refusal is None:
            self.facts.backs.append(Returned(now, bill, amount, reason))

    def report(self, who: str, status: str, since: datetime, now: datetime) -> None:
        activated_at = EPOCH if who == "inviter" else self.story.start
        register(who, status=status, status_since=since, activated_at=activated_at, now=now)

    def spend(self, place: int, now: datetime) -> None:
        available = held("available")
        if available and active(self.facts.inviter_gaps, now, now):
            reserve(f"r{place}", available // 2, "inviter", now=now)
            settle_redemptions(redemption_ids=[f"r{place}"], credit_reference="c", now=now)

    def run(self, order: Sequence[Any], now: datetime) -> None:
        for job in order:
            job(now=now)
        prove_promises()
        self.seen.append(snapshot())
        self.net.append(paid_points())


def _known(start: datetime, gaps: list[Gap]) -> list[Known]:
    found, last = [], start + 3 * TICK
    for gap in gaps:
        starts_at = last + gap.wait * DAY
        learnt_at = starts_at + gap.late * DAY
        if gap.length is None:
            found.append(Known(starts_at, learnt_at, None, None, gap.status))
            break
        ends_at = starts_at + gap.length * DAY
        last = max(ends_at, learnt_at) + TICK
        found.append(Known(starts_at, learnt_at, ends_at, last, gap.status))
    return found


def held(column: str) -> int:
    """Of the inviter's wallet, should there be one yet."""
    [found] = rows(
        f"SELECT coalesce(sum({column}), 0)::bigint AS points FROM loyalty_wallet w"  # noqa: S608
        " JOIN accounts_subscriber s ON s.id = w.subscriber_id WHERE s.external_id = 'inviter'"
    )
    return int(found["points"])


def paid_points() -> int:
    """What is paid and not taken back, which is what the inviter has, has spent, less debt."""
    [found] = rows(
        "SELECT coalesce(sum(points), 0)::bigint AS points FROM loyalty_instalment"
        " WHERE status = 'paid'"
    )
    assert held("available + reserved + redeemed - debt") == found["points"]
    return int(found["points"])


def snapshot() -> object:
    """What must not depend on the order of jobs: a part that never came and one that was taken
    back leave the same behind."""
    ended = "CASE WHEN status IN ('cancelled', 'clawed_back') THEN 'ended' ELSE status END"
    return (
        rows("SELECT status, reason, window_ends_at FROM referrals_referral"),
        rows(f"SELECT {ended} AS status, points FROM loyalty_payout"),  # noqa: S608
        rows(
            f"SELECT number, due_on, points, value_minor, {ended} AS status"  # noqa: S608
            " FROM loyalty_instalment WHERE status NOT IN ('cancelled', 'clawed_back')"
            " ORDER BY number"
        ),
        rows(
            "SELECT pending, available, reserved, debt, benefit_life_minor"
            " FROM loyalty_wallet w JOIN accounts_subscriber s ON s.id = w.subscriber_id"
            " WHERE s.external_id = 'inviter'"
        ),
    )


@contextmanager
def forgotten() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# The invitee leaves when the window of the first part is over and those of the others are not.
LEFT_LATE = Story(
    datetime(2026, 1, 15, 9, tzinfo=UTC), [Bill(40, GATE, 0)], [], [Gap(285, None, "closed", 0)],
    [], [], [17, 33, 33, 60, 60, 33],
)  # fmt: skip


@few
@given(story=stories)
@example(story=LEFT_LATE)
def test_what_is_paid_is_what_the_brief_says(story: Story) -> None:
    with forgotten():
        told = Telling.of(story).tell()
    assert told.net == list(reference(told.facts))
    ends = months_after(story.start, STAY)
    if any(gap.starts_at < ends and gap.learnt_at <= told.facts.runs[-1]
           for gap in told.facts.gaps):  # fmt: skip
        assert told.net[-1] == 0


JOBS: tuple[Any, ...] = (vest_referrals, screen_payouts, pay_due)
orders = st.lists(
    st.permutations(JOBS).flatmap(
        # Three rounds of any order hold one in which a bonus can go all the way.
        lambda first: st.lists(st.sampled_from(list(permutations(JOBS))), min_size=2, max_size=3)
        .map(lambda more: [*first, *(job for order in more for job in order)])
    ),
    min_size=1,
    max_size=4,
)  # fmt: skip


@few
@given(story=stories, orders=orders)
def test_the_order_of_jobs_and_repeated_runs_do_not_matter(
    story: Story, orders: list[list[Any]]
) -> None:
    with forgotten():
        once = Telling.of(story).tell()
    with forgotten():
        often = Telling.of(story).tell(orders)
    assert often.net == once.net
    assert often.seen == once.seen
