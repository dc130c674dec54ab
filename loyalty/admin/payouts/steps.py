"""The steps that persons take with payouts, and what each would make of one."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from doors.amounts import roubles_shown
from doors.translation import translated
from loyalty.admin.gate.desk import Choice, Desk, Foreseen, Outcome, Reasoned, Step
from loyalty.admin.gate.words import PAYOUT_STATUSES, VERDICTS, word_of
from loyalty.admin.payouts.wording import (
    UNDECIDED,
    course_in_words,
    in_short,
    standing_of,
    why_in_full,
)
from loyalty.models import Payout
from loyalty.operations.claw_back_payouts import Claim, claw_back_payouts
from loyalty.operations.decide_payouts import (
    clear_payouts,
    freeze_payouts,
    refuse_payouts,
    unfreeze_payouts,
)
from loyalty.policy.gate import (
    CANCELLED,
    CAP_EXCESS,
    CLEARED,
    FROZEN,
    Reason,
    foretell,
    nothing_to_pay,
    refusal_for_step,
)
from loyalty.policy.payouts import HeldPayout, nobody_to_pay

DECIDE, FREEZE = "loyalty.decide_payout", "loyalty.freeze_payout"
CLAW_BACK, GRANT = "loyalty.claw_back_payout", "loyalty.grant_payout"

_Rows = Sequence[Payout]


def _clear(rows: _Rows, said: Reasoned) -> list[Outcome]:
    held = clear_payouts(payout_ids=_ids(rows), **said._asdict())
    return _outcomes(held, "clear")


def _refuse(rows: _Rows, said: Reasoned) -> list[Outcome]:
    held = refuse_payouts(payout_ids=_ids(rows), **said._asdict())
    return _outcomes(held, "refuse")


def _freeze(rows: _Rows, said: Reasoned) -> list[Outcome]:
    held = freeze_payouts(payout_ids=_ids(rows), **said._asdict())
    return _outcomes(held, "freeze")


def _unfreeze(rows: _Rows, said: Reasoned) -> list[Outcome]:
    held = unfreeze_payouts(payout_ids=_ids(rows), **said._asdict())
    return _outcomes(held, "unfreeze")


def _claw_back(rows: _Rows, said: Reasoned) -> list[Outcome]:
    reason = Reason("taken_back_by_hand", said.reason)
    # What nobody has decided has paid nothing: it is decided by a verdict, and by two if need be.
    rows = [r for r in rows if r.status not in UNDECIDED or r.kind == CAP_EXCESS or _paid_minor(r)]
    claims = [Claim(payout_id, reason) for payout_id in _ids(rows)]
    changed = claw_back_payouts(claims=claims, by=said.by, now=said.now)
    if not changed:
        return [Outcome(gettext("There was nothing left to be taken back."), as_asked=False)]
    sentence = ngettext("%(n)s payout was taken back.", "%(n)s payouts were taken back.", changed)
    return [Outcome(sentence % {"n": changed})]


def _ids(rows: _Rows) -> list[Any]:
    return [payout.pk for payout in rows]


def _outcomes(held: Sequence[HeldPayout], step: str) -> list[Outcome]:
    """What became of payouts, counted and in sentences."""
    counted = Counter(_outcome(payout, step) for payout in held)
    return [
        Outcome(_SAID[outcome](n) % {"n": n}, as_asked=outcome == step)
        for outcome, n in counted.items()
    ]


def _outcome(payout: HeldPayout, step: str) -> str:
    if payout.status == CANCELLED:
        return "cancelled"
    if payout.status not in UNDECIDED:
        return step
    return "proposed" if payout.proposed_verdict else "held"


_SAID: Mapping[str, Callable[[int], str]] = {
    "clear": lambda n: ngettext("%(n)s payout is cleared.", "%(n)s payouts are cleared.", n),
    "refuse": lambda n: ngettext("%(n)s payout is refused.", "%(n)s payouts are refused.", n),
    "freeze": lambda n: ngettext("%(n)s payout is frozen.", "%(n)s payouts are frozen.", n),
    "unfreeze": lambda n: ngettext("%(n)s payout goes on.", "%(n)s payouts go on.", n),
    "proposed": lambda n: ngettext(
        "%(n)s payout is above the four-eyes limit: your verdict is kept as a proposal that "
        "somebody else has to confirm.",
        "%(n)s payouts are above the four-eyes limit: your verdicts are kept as proposals that "
        "somebody else has to confirm.",
        n,
    ),
    "held": lambda n: ngettext(
        "%(n)s payout was cleared and is in review again: a part of it exceeds a limit.",
        "%(n)s payouts were cleared and are in review again: a part of each exceeds a limit.",
        n,
    ),
    "cancelled": lambda n: ngettext(
        "%(n)s payout is cancelled: there was nothing to pay, or nobody to pay it to. "
        "Its page says why.",
        "%(n)s payouts are cancelled: there was nothing to pay, or nobody to pay it to. "
        "Their pages say why.",
        n,
    ),
}

STEPS: Mapping[str, Step] = {
    step.name: step
    for step in (
        Step(
            "clear",
            _("Clear"),
            _("Clear payouts"),
            _(
                "What is cleared is promised on the books, and its first instalment is paid at "
                "once. A limit that held it is waived; a part that exceeds another limit brings "
                "it back to review."
            ),
            DECIDE,
            _clear,
        ),
        Step(
            "refuse",
            _("Refuse"),
            _("Refuse payouts"),
            _("What is refused pays nothing more. What was paid before stays paid."),
            DECIDE,
            _refuse,
            is_grave=True,
        ),
        Step(
            "freeze",
            _("Freeze"),
            _("Freeze payouts"),
            _("Instalments that are due wait until the payout is unfrozen."),
            FREEZE,
            _freeze,
        ),
        Step(
            "unfreeze",
            _("Unfreeze"),
            _("Unfreeze payouts"),
            _("What became due meanwhile is paid by the next run of the clock."),
            FREEZE,
            _unfreeze,
        ),
        Step(
            "claw_back",
            _("Claw back"),
            _("Claw payouts back"),
            _(
                "Paid instalments are taken from the wallet, and what was spent already becomes "
                "debt. Instalments that are due are cancelled. This cannot be undone."
            ),
            CLAW_BACK,
            _claw_back,
            is_grave=True,
        ),
    )
}


def foreseen(payout: Payout, step: str, by: str) -> Foreseen:
    """What a step would make of a payout, if nobody else acts meanwhile."""
    if step == "claw_back":
        return _foreseen_back(payout)
    if refusal_for_step(step, payout.status) is not None:
        status = word_of(PAYOUT_STATUSES, payout.status).text
        return Foreseen(False, _("Not possible: it is %(status)s.") % {"status": status})
    if step in VERDICTS:
        return _foreseen_verdict(payout, step, by)
    return Foreseen(True, _FORESEEN[step])


def _foreseen_verdict(payout: Payout, verdict: str, by: str) -> Foreseen:
    foretold = foretell(standing_of(payout), verdict, by)
    course = course_in_words(foretold, by)
    if foretold.refusal is not None:
        return Foreseen(False, course)
    effect = effect_of(payout, verdict) if foretold.is_final else ""
    return Foreseen(True, f"{course} {effect}".strip())


def effect_of(payout: Payout, verdict: str) -> Any:
    """What becomes of a payout that a verdict decides."""
    if verdict == "clear":
        other = payout.depends_on
        nobody = nobody_to_pay(
            payout.kind, payout.subscriber.status, other.status if other is not None else None
        )
        ends = nobody if payout.points else nothing_to_pay(payout.kind)
        if ends is not None:
            return _("It will be cancelled: %(why)s") % {"why": translated(ends.detail)}
    return _FORESEEN[verdict]


def _foreseen_back(payout: Payout) -> Foreseen:
    if payout.kind == CAP_EXCESS:
        return Foreseen(False, _("Charges earned it: it goes back with their refunds."))
    paid = _paid_minor(payout)
    if paid:
        return Foreseen(True, _("%(value)s will be taken back.") % {"value": roubles_shown(paid)})
    if payout.status in (CLEARED, FROZEN):
        return Foreseen(True, _("Nothing was paid: it will be cancelled."))
    return Foreseen(False, _("Nothing of it was paid that could be taken back."))


def _paid_minor(payout: Payout) -> int:
    return sum(part.value_minor for part in payout.instalments.all() if part.status == "paid")


_FORESEEN: Mapping[str, Any] = {
    "clear": _("It will be cleared."),
    "refuse": _("It will be refused."),
    "freeze": _("It will be frozen."),
    "unfreeze": _("It will go on."),
}


def _choice(payout: Payout, step: str, by: str) -> Choice:
    return Choice(
        payout,
        in_short(payout),
        roubles_shown(payout.value_minor),
        word_of(PAYOUT_STATUSES, payout.status),
        why_in_full(payout),
        foreseen(payout, step, by),
    )


DESK = Desk("loyalty_payout", STEPS, _choice)
