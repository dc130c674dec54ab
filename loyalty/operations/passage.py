"""Payouts on their way through the gate, under the locks of their wallets.

Verbs lock and load a `Passage`, take its steps, and write it: whatever the number of payouts, a
fixed number of statements.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.queries.subscribers import statuses_at
from kernel.moments import day_of, lapse_at, start_of_day
from kernel.money import decimal_string
from loyalty import news
from loyalty.ledger import facts
from loyalty.ledger.payouts import (
    add_instalments,
    instalments_of,
    keep_changes,
    payouts_called,
    referral_pay,
    save_instalments,
    save_payouts,
    settle_excess,
)
from loyalty.ledger.plan import Plan, write
from loyalty.operations.undoing import Takings
from loyalty.policy import payouts as books_of
from loyalty.policy.accrual import Benefits
from loyalty.policy.book import Book
from loyalty.policy.gate import (
    CANCELLED,
    CAP_EXCESS,
    CLEARED,
    PAID,
    REFUSED,
    STEPS,
    Change,
    Reason,
    StepNotPossible,
    nothing_to_pay,
    refusal_for_reopening,
    refusal_for_step,
)
from loyalty.policy.lots import Lot
from loyalty.policy.payouts import (
    HeldInstalment,
    HeldPayout,
    InstalmentFacts,
    Moment,
    Payment,
    ReferralPay,
    payment_for,
)
from loyalty.policy.taking import give_back
from loyalty.queries.payouts import DuePart
from loyalty.queries.terms import TermsCalendar, program_zone, terms_calendar
from outbox.operations import publish

_ONE_DAY, _LEAST = timedelta(days=1), timedelta(microseconds=1)
_NEWS = {
    "clear": news.PAYOUT_CLEARED,
    "hold": news.PAYOUT_HELD,
    "refuse": news.PAYOUT_REFUSED,
    "reopen": news.PAYOUT_HELD,
    "freeze": news.PAYOUT_FROZEN,
    "unfreeze": news.PAYOUT_UNFROZEN,
    "cancel": news.PAYOUT_CANCELLED,
    "claw_back": news.PAYOUT_CLAWED_BACK,
}


class Known(NamedTuple):
    """What decides over instalments that are due."""

    statuses: Mapping[tuple[int, datetime], str | None]
    benefits: Mapping[int, Benefits]
    referrals: Mapping[int, ReferralPay]


@dataclass(slots=True)
class Passage:
    """Payouts with their parts and books, moved on step by step, and what is to be written."""

    books: Mapping[int, Book]
    payouts: dict[UUID, HeldPayout]
    parts: dict[UUID, list[HeldInstalment]]
    now: datetime
    calendar: TermsCalendar
    lots: dict[int, list[Lot]] | None = None
    swept: Mapping[tuple[UUID, int], int] = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)
    added: list[HeldInstalment] = field(default_factory=list)
    touched: dict[tuple[UUID, int], HeldInstalment] = field(default_factory=dict)
    moved: dict[UUID, HeldPayout] = field(default_factory=dict)
    excess: list[tuple[int, date, bool]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    said: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    zone: ZoneInfo = field(init=False)
    today: date = field(init=False)

    def __post_init__(self) -> None:
        """Note the program's zone, and the day of the passage in it."""
        self.zone = program_zone()
        self.today = day_of(self.now, self.zone)

    def clear(
        self, payout: HeldPayout, *, by: str, reason: str, reasons: Sequence[Reason] = ()
    ) -> None:
        """Promise a payout on the books and plan its parts; what a verdict clears again goes on.

        A payout of which there is nothing to pay is cancelled.
        """
        if payout.points == 0:
            self.cancel(payout, nothing_to_pay(payout.kind), by=by)
            return
        before = payout.status
        waives = books_of.waives_caps(payout.kind, payout.reasons)
        payout.caps_waived = payout.caps_waived or waives
        payout.reasons = [each.shown() for each in reasons]
        payout.decided_at, payout.decided_by = self.now, by
        if payout.promise is None:
            self._promise(payout)
        self._change(payout, "clear", before, by=by, reason=reason)
        if payout.kind == CAP_EXCESS:
            assert payout.month is not None, "an excess is of a month"
            self.excess.append((payout.subscriber_id, payout.month, True))

    def hold(self, payout: HeldPayout, reasons: Sequence[Reason], *, by: str) -> None:
        """Send a payout to review; what of it was promised stays on the books."""
        before = payout.status
        payout.reasons = [each.shown() for each in reasons]
        if before == CLEARED:
            # What was said before the cap was known says nothing about waiving it.
            payout.maker, payout.checker, payout.proposed_verdict = None, None, ""
        self._change(payout, "hold", before, by=by, reason=_sentence(reasons))

    def wait(self, payout: HeldPayout, reasons: Sequence[Reason]) -> None:
        """Leave a payout to the next screening, and say why."""
        shown = [each.shown() for each in reasons]
        if payout.reasons != shown:
            payout.reasons = shown
            self.moved[payout.id] = payout

    def propose(self, payout: HeldPayout, verdict: str, *, by: str, reason: str) -> None:
        """Keep the first of two verdicts."""
        payout.maker, payout.proposed_verdict = by, verdict
        self._note(payout, f"propose_{verdict}", payout.status, by=by, reason=reason)

    def refuse(
        self, payout: HeldPayout, *, by: str, reason: str, reasons: Sequence[Reason] = ()
    ) -> None:
        """Let nothing more of a payout out; what was paid before stays paid."""
        before = payout.status
        payout.reasons = [each.shown() for each in reasons] or [
            Reason("refused_by_verdict", reason).shown()
        ]
        payout.decided_at, payout.decided_by = self.now, by
        self._end_rest(payout)
        self._change(payout, "refuse", before, by=by, reason=reason)
        if payout.kind == CAP_EXCESS:
            assert payout.month is not None, "an excess is of a month"
            self.excess.append((payout.subscriber_id, payout.month, False))

    def reopen(self, payout: HeldPayout, *, by: str, reason: str) -> None:
        """Bring what the screen alone refused back to review.

        Raises:
            StepNotPossible: it isn't refused, or a person refused it.
        """
        refusal = refusal_for_reopening(payout.kind, payout.status, payout.decided_by)
        if refusal is not None:
            raise refusal
        before = payout.status
        payout.decided_at, payout.decided_by = None, None
        self._change(payout, "reopen", before, by=by, reason=reason)

    def freeze(self, payout: HeldPayout, *, by: str, reason: str) -> None:
        """Stop what is still due until it is unfrozen."""
        self._change(payout, "freeze", payout.status, by=by, reason=reason)

    def unfreeze(self, payout: HeldPayout, *, by: str, reason: str) -> None:
        """Let it go on."""
        self._change(payout, "unfreeze", payout.status, by=by, reason=reason)

    def cancel(self, payout: HeldPayout, reason: Reason, *, by: str) -> None:
        """End a payout: what was promised and not paid comes off the books."""
        before = payout.status
        payout.reasons = [reason.shown()]
        self._end_rest(payout)
        self._change(payout, "cancel", before, by=by, reason=reason.detail)
        if payout.kind == CAP_EXCESS and payout.promise is None:
            assert payout.month is not None, "an excess is of a month"
            self.excess.append((payout.subscriber_id, payout.month, False))

    def claw_back(
        self, payout: HeldPayout, numbers: Iterable[int], reason: Reason, *, by: str
    ) -> None:
        """Take paid parts back, each once, and end what is still due.

        Raises:
            StepNotPossible: charges earned it, and their refunds take it back.
        """
        if payout.kind == CAP_EXCESS:
            raise StepNotPossible("What charges earned above a cap goes back with their refunds.")
        wanted = set(numbers)
        paid = [p for p in self.parts[payout.id] if p.status == "paid" and p.number in wanted]
        if not paid:
            if payout.status in STEPS["cancel"].sources:
                self.cancel(payout, reason, by=by)
            return
        if self.lots is None:
            self._load_lots()
        before = payout.status
        payout.reasons = [reason.shown()]
        for part in paid:
            self._take_back(payout, part)
        self._end_rest(payout)
        self._change(
            payout,
            "claw_back",
            before,
            by=by,
            reason=reason.detail,
            details={"instalments": [part.number for part in paid]},
        )

    def reinstate(
        self, payout: HeldPayout, target: str, taken: Takings, *, by: str, reason: str
    ) -> None:
        """Let a payout go on as it was before it was taken back: paid parts are paid again.

        Args:
            target: its status then. What a refusal or a cancellation had ended stays ended.
            taken: what was taken back of it.
        """
        before, goes_on = payout.status, target not in (REFUSED, CANCELLED)
        refusal = refusal_for_step("reinstate", before)
        if refusal is not None:
            raise refusal
        book, lots = self._book(payout), taken.lots.setdefault(payout.subscriber_id, [])
        entries = [
            entry
            for entry in taken.entries[payout.subscriber_id, str(payout.id)]
            if entry.kind == "clawback" or goes_on
        ]
        draws = taken.draws_of(entries)
        given = give_back(
            book,
            entries,
            draws,
            lots,
            taken.payments.get(payout.subscriber_id, ()),
            occurred_at=self.now,
            now=self.now,
            terms=payout.terms,
        )
        for lot in given.opened:
            self.plan.opened[lot.subscriber_id, lot.number] = lot
        taken.returned(payout.subscriber_id, sum(lot.points for lot in given.opened))
        touched = {drawn.lot for drawn in (*draws, *given.draws)}
        self.plan.take(given.draws, [lot for lot in lots if lot.number in touched])
        lots += given.opened
        for part in self.parts[payout.id]:
            if part.status == "clawed_back":
                part.status, part.ended_at = "paid", None
                self._count(payout, part, +1)
            elif part.status == "cancelled" and goes_on:
                part.status, part.ended_at = "due", None
            self.touched[part.payout_id, part.number] = part
        payout.status, payout.reasons = target, []
        self._note(payout, "reinstate", before, by=by, reason=reason)
        self.said.setdefault(news.PAYOUT_REINSTATED, []).append(
            {**self._said(payout), "reasons": payout.reasons}
        )

    def pay_due(self, until: DuePart | None = None) -> int:
        """Pay what is due by today of payouts that are cleared, in order; how many parts.

        Args:
            until: the last part of a page: what comes after it has to wait for parts of other
                payouts that come before, because caps are filled in this order.
        """
        placed = sorted(
            (place, payout, part)
            for payout in self.payouts.values()
            if payout.status == CLEARED
            for part in self.parts[payout.id]
            if part.status == "due" and part.due_on <= self.today
            for place in (_place(part),)
            if until is None or place <= until
        )
        due = [(payout, part) for _, payout, part in placed]
        if not due:
            return 0
        known = self._known(due)
        paid = 0
        for payout, part in due:
            if payout.status != CLEARED:
                continue
            payment = self._payment(payout, part, known)
            if payment.outcome == "pay":
                self._pay(payout, part)
                paid += 1
            elif payment.reason is not None:
                if payment.outcome == "cancel":
                    self.cancel(payout, payment.reason, by="clock")
                else:
                    self.hold(payout, [payment.reason], by="clock")
        return paid

    def write(self) -> None:
        """Write all that was changed, and announce it."""
        save_payouts(list(self.moved.values()))
        add_instalments(self.added)
        new = {(part.payout_id, part.number) for part in self.added}
        save_instalments([part for key, part in self.touched.items() if key not in new])
        settle_excess(self.excess)
        keep_changes(self.changes)
        write(self.plan, now=self.now)
        for name, items in self.said.items():
            publish(name=name, items=items, now=self.now)

    def _promise(self, payout: HeldPayout) -> None:
        book = self._book(payout)
        entry = books_of.promise(book, str(payout.id), payout.points, self._moment(payout))
        payout.promise = entry.number
        point_value = self.calendar.numbered(payout.terms).point_value_minor
        # Money that is less than a point is none; the sum of an excess has its own value.
        whole = payout.value_minor if payout.parts == 1 else None
        for plan in books_of.instalments_of(payout.points, payout.parts, self.today):
            part = HeldInstalment(
                payout.subscriber_id,
                payout.id,
                plan.number,
                plan.due_on,
                payout.month or plan.due_on.replace(day=1),
                plan.points,
                whole if whole is not None else plan.points * point_value,
                "due",
            )
            self.parts[payout.id].append(part)
            self.added.append(part)

    def _known(self, due: Sequence[tuple[HeldPayout, HeldInstalment]]) -> Known:
        """Gather what decides over instalments."""
        moments: set[tuple[int, datetime]] = set()
        for payout, part in due:
            at = self._judged_at(part.due_on)
            moments.add((part.subscriber_id, at))
            if payout.depends_on_id is not None:
                moments.add((payout.depends_on_id, at))
        asked = sorted(moments)
        keys = sorted({part.subscriber_id for _, part in due})
        by_month = facts.benefits_by_month(keys, {part.month for _, part in due})
        return Known(
            dict(zip(asked, statuses_at(asked), strict=True)),
            {key: Benefits(self.books[key].benefit_life_minor, by_month[key]) for key in keys},
            referral_pay(keys),
        )

    def _judged_at(self, day: date) -> datetime:
        """The end of an instalment's day, or now on the day itself."""
        return min(self.now, start_of_day(day + _ONE_DAY, self.zone) - _LEAST)

    def _payment(self, payout: HeldPayout, part: HeldInstalment, known: Known) -> Payment:
        at = self._judged_at(part.due_on)
        other = payout.depends_on_id
        return payment_for(
            InstalmentFacts(
                payout.kind,
                part.number,
                part.month,
                part.value_minor,
                payout.caps_waived,
                known.statuses[part.subscriber_id, at],
                (known.statuses[other, at] or "unknown") if other is not None else None,
            ),
            known.benefits[part.subscriber_id],
            known.referrals[part.subscriber_id],
            self.calendar.at(at).terms,
        )

    def _pay(self, payout: HeldPayout, part: HeldInstalment) -> None:
        book, parts = self._book(payout), self.parts[payout.id]
        occurred_at = start_of_day(part.due_on, self.zone)
        entry = books_of.pay(book, str(payout.id), part.points, self._moment(payout, occurred_at))
        if entry is not None:
            life = self.calendar.numbered(payout.terms).lot_life_months
            expires_at = lapse_at(part.due_on, life, self.zone)
            self.plan.opened[part.subscriber_id, entry.number] = Lot(
                part.subscriber_id, entry.number, entry.points, entry.points, expires_at
            )
            part.lot = entry.number
        part.status, part.paid_at = "paid", book.posting_at(self.now)
        self.touched[part.payout_id, part.number] = part
        self._count(payout, part, +1)
        self.said.setdefault(news.PAYOUT_PAID, []).append(
            {
                **self._said(payout),
                "instalment": part.number,
                "instalments": len(parts),
                "points": part.points,
                "value": decimal_string(part.value_minor),
            }
        )
        if all(each.status != "due" for each in parts):
            before, payout.status = payout.status, PAID
            self._note(payout, "pay", before, by="clock", reason="")

    def _take_back(self, payout: HeldPayout, part: HeldInstalment) -> None:
        assert self.lots is not None, "lots are loaded before the first part is taken back"
        lots = self.lots.get(part.subscriber_id, [])
        taken = books_of.claw_back(
            self._book(payout),
            str(payout.id),
            part.points,
            lots,
            next((lot for lot in lots if lot.number == part.lot), None),
            self.swept.get((part.payout_id, part.number), 0),
            self._moment(payout),
        )
        drawn = {draw.lot for draw in taken.draws}
        self.plan.take(taken.draws, [lot for lot in lots if lot.number in drawn])
        part.status, part.ended_at = "clawed_back", self._book(payout).posting_at(self.now)
        self.touched[part.payout_id, part.number] = part
        self._count(payout, part, -1)

    def _end_rest(self, payout: HeldPayout) -> None:
        """Cancel the parts that are due, and take them off the books."""
        rest = [part for part in self.parts[payout.id] if part.status == "due"]
        if not rest:
            return
        book = self._book(payout)
        points = sum(part.points for part in rest)
        books_of.cancel(book, str(payout.id), points, self._moment(payout))
        for part in rest:
            part.status, part.ended_at = "cancelled", book.posting_at(self.now)
            self.touched[part.payout_id, part.number] = part

    def _count(self, payout: HeldPayout, part: HeldInstalment, sign: int) -> None:
        """Let what is paid, or taken back, count against the caps of its month."""
        book = self.books[part.subscriber_id]
        book.benefit_life_minor += sign * part.value_minor
        change = self.plan.month(part.subscriber_id, part.month)
        change.benefit_minor += sign * part.value_minor
        if payout.kind == CAP_EXCESS:
            # Charges earned it.
            change.points_earned += sign * part.points

    def _load_lots(self) -> None:
        """All lots that paid parts can be taken from, once for all payouts of the passage."""
        paid = [p for parts in self.parts.values() for p in parts if p.status == "paid"]
        own = [(part.subscriber_id, part.lot) for part in paid if part.lot is not None]
        self.lots = facts.lots_of(sorted({part.subscriber_id for part in paid}), own)
        self.swept = facts.swept_parts(
            [
                (p.subscriber_id, p.payout_id, p.number, p.lot, start_of_day(p.due_on, self.zone))
                for p in paid
            ],
            self.now,
        )

    def _book(self, payout: HeldPayout) -> Book:
        book = self.books[payout.subscriber_id]
        self.plan.books[payout.subscriber_id] = book
        return book

    def _moment(self, payout: HeldPayout, occurred_at: datetime | None = None) -> Moment:
        return Moment(occurred_at or self.now, self.now, payout.terms)

    def _change(
        self,
        payout: HeldPayout,
        step: str,
        before: str,
        *,
        by: str,
        reason: str,
        details: dict[str, object] | None = None,
    ) -> None:
        refusal = refusal_for_step(step, before)
        if refusal is not None:
            raise refusal
        payout.status = STEPS[step].target
        self._note(payout, step, before, by=by, reason=reason, details=details)
        self.said.setdefault(_NEWS[step], []).append(
            {**self._said(payout), "reasons": payout.reasons}
        )

    def _note(
        self,
        payout: HeldPayout,
        step: str,
        before: str,
        *,
        by: str,
        reason: str,
        details: dict[str, object] | None = None,
    ) -> None:
        self.moved[payout.id] = payout
        self.changes.append(
            Change(
                "payout",
                str(payout.id),
                payout.subscriber_id,
                step,
                before,
                payout.status,
                self.now,
                by,
                reason,
                {"reasons": payout.reasons, **(details or {})},
            )
        )

    def _said(self, payout: HeldPayout) -> dict[str, object]:
        return {
            "payout_id": payout.id,
            "subscriber_id": self.books[payout.subscriber_id].external_id,
            "kind": payout.kind,
            "status": payout.status,
            "points": payout.points,
            "value": decimal_string(payout.value_minor),
        }


def passage_of(payout_ids: Sequence[UUID], books: Mapping[int, Book], now: datetime) -> Passage:
    """The payouts as they are under the locks of `books`; others are left out."""
    payouts = [p for p in payouts_called(payout_ids) if p.subscriber_id in books]
    return Passage(
        books,
        {payout.id: payout for payout in payouts},
        instalments_of(payouts),
        now,
        terms_calendar(),
    )


def _place(part: HeldInstalment) -> DuePart:
    """Where a part stands among those that are due."""
    return DuePart(part.due_on, part.subscriber_id, part.payout_id, part.number)


def _sentence(reasons: Sequence[Reason]) -> str:
    return " ".join(reason.detail for reason in reasons)
