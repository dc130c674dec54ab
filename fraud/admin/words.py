"""What cases, verdicts and signals are called, and in which colour."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from doors.translation import translated
from fraud.models import Case
from fraud.policy.cases import (
    CaseClosed,
    CaseNeedsSenior,
    CaseNotClaimed,
    CaseNotYours,
    CaseReasonMissing,
    SecondAnalystNeeded,
    SnoozeInThePast,
    SnoozeTooLong,
)
from fraud.policy.rules import BY_NAME as RULES
from fraud.policy.scoring import MILLION
from fraud.policy.signals import BY_NAME as SIGNALS
from kernel.refusals import Refusal
from loyalty.admin.gate.words import PAYOUT_KINDS, Word
from loyalty.models import Payout
from loyalty.policy.gate import SecondVerdictNeeded, StepNotPossible

QUEUES: Mapping[str, Any] = {
    "gate": _("Benefits that wait"),
    "account": _("Newcomers and refusals"),
    "sample": _("Sample of the cleared"),
    "anomaly": _("Unusual activity"),
}
QUEUES_IN_SHORT: Mapping[str, Any] = {
    "gate": _("benefit"),
    "account": _("account"),
    "sample": _("sample"),
    "anomaly": _("anomaly"),
}
QUEUE_NOTES: Mapping[str, Any] = {
    "gate": _("The benefit is held until the verdict."),
    "account": _(
        "A registration or a join that was marked, or a benefit that the screen refused: nothing"
        " waits for it. A false positive lets a refused bonus out after all."
    ),
    "sample": _("Drawn at random among what was cleared: it was paid, and nobody waits."),
    "anomaly": _("The activity is unusual among all; nothing waits for it."),
}

BANDS: Mapping[str, Word] = {
    "high": Word(_("high"), "danger"),
    "medium": Word(_("medium"), "warning"),
    "low": Word(_("low"), "success"),
}

STATUSES: Mapping[str, Word] = {
    "open": Word(_("open"), "info"),
    "claimed": Word(_("claimed"), "primary"),
    "snoozed": Word(_("snoozed"), "default"),
    "closed": Word(pgettext_lazy("case", "closed"), "default"),
}

VERDICTS: Mapping[str, Word] = {
    "confirmed_fraud": Word(_("confirmed fraud"), "danger"),
    "false_positive": Word(_("false positive"), "success"),
    "inconclusive": Word(_("inconclusive"), "warning"),
}

STANDINGS: Mapping[str, Word] = {
    "normal": Word(_("normal"), "success"),
    "watched": Word(_("watched"), "warning"),
    "blocked": Word(_("blocked"), "danger"),
}

SUBJECTS: Mapping[str, Any] = {
    **PAYOUT_KINDS,
    "bill_credit": _("redemption as bill credit"),
    "redemption": _("redemption"),
    "payout": _("payout"),
    "join": _("referral join"),
    "registration": _("registration"),
}

KINDS: Mapping[str, Any] = {
    "passport": _("passport"),
    "card": _("card"),
    "phone": _("phone"),
    "device": _("device"),
    "ip": _("IP address"),
    "email": _("e-mail"),
    "mailbox": _("e-mail, all its forms"),
    "address": _("address"),
}

STEPS: Mapping[str, Any] = {
    "open": _("Opened"),
    "claim": _("Taken"),
    "give_back": _("Given back"),
    "lapse_claim": _("Claim ended"),
    "snooze": _("Snoozed"),
    "wake": _("Woke up"),
    "escalate": _("Escalated"),
    "lapse": _("Deadline passed"),
    "propose": _("Verdict proposed"),
    "decide": _("Decided"),
    "close": _("Closed"),
    "unmask": _("Identifiers shown"),
}

ACTIONS: Mapping[str, Word] = {
    "refuse": Word(_("refuses"), "danger"),
    "review": Word(_("sends to review"), "warning"),
    "wait": Word(_("waits"), "info"),
}

_REFUSALS: Mapping[type[Refusal], Any] = {
    CaseClosed: _("Somebody has decided this case meanwhile."),
    CaseNotClaimed: _(
        "You do not hold this case now: take it first. A claim ends after 60 minutes."
    ),
    CaseNeedsSenior: _("This case was escalated: a senior analyst decides over it."),
    SecondAnalystNeeded: _("You have proposed a verdict: somebody else decides over this case."),
    SecondVerdictNeeded: _(
        "You have proposed this verdict, or asked for the benefit: somebody else has to confirm it."
    ),
    StepNotPossible: _("The benefit has moved on meanwhile: look at what has become of it."),
    SnoozeTooLong: _("A case is snoozed for at most 30 days."),
    SnoozeInThePast: _("A case is snoozed until a moment to come; this one has passed."),
    CaseReasonMissing: _("Say why: every step of a case is kept with its reason."),
}


def refusal_in_words(refusal: Refusal) -> str:
    """Why something was not done, as its reader would say it."""
    if isinstance(refusal, CaseNotYours):
        who = refusal.facts.get("claimed_by") or gettext("Somebody else")
        return gettext("%(who)s has taken this case.") % {"who": who}
    words = _REFUSALS.get(type(refusal))
    return str(words) if words is not None else translated(refusal.detail)


def nothing_changed(refusal: Refusal) -> str:
    """A refusal, with the reassurance that nothing was written."""
    return f"{gettext('Nothing was changed.')} {refusal_in_words(refusal)}"


class Left(NamedTuple):
    """How long a case still has, in words and in colour."""

    text: str
    colour: str


def left_of(case: Case, now: datetime) -> Left:
    """The time until a case's deadline."""
    if case.status == "closed":
        return Left("–", "soft")
    left = case.due_at - now
    if left <= timedelta(0):
        return Left(gettext("%(time)s over") % {"time": span(-left)}, "minus")
    colour = "late" if left < timedelta(hours=6) else "calm"
    return Left(span(left), colour)


def span(length: timedelta) -> str:
    """A length of time in its largest unit, and the next one where that matters."""
    minutes = int(length.total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days > 1:
        return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
    if minutes >= 60:
        return gettext("%(hours)s h %(minutes)02d min") % {
            "hours": days * 24 + hours,
            "minutes": minutes % 60,
        }
    return gettext("%(minutes)s min") % {"minutes": minutes}


def score_shown(score_millionths: int) -> str:
    """A score with two decimals."""
    return number_format(f"{score_millionths / MILLION:.2f}", 2)


def subject_word(case: Case, payout: Payout | None = None) -> Any:
    """What a case is about, in short; the payout tells more where no screening was kept."""
    kind = payout.kind if payout is not None else case.subject_type
    kind = case.assessment.kind if case.assessment is not None else kind
    return SUBJECTS.get(kind) or SUBJECTS.get(case.subject_type) or kind


def rule_title(name: str) -> str:
    """What a rule is called; one that is no longer known, by its name."""
    return gettext(RULES[name].title) if name in RULES else name


def signal_title(name: str) -> str:
    """What a signal is called; one that is no longer known, by its name."""
    return gettext(SIGNALS[name].title) if name in SIGNALS else name


def decimals_shown(value: float, decimals: int) -> str:
    """A number with so many decimals."""
    return number_format(f"{value:.{decimals}f}", decimals)


# One deviation is one sigma, and not counted otherwise.
_SINGULAR: Mapping[str, Any] = {
    "accounts": _("account"),
    "kinds": _("kind"),
    "hours": _("hour"),
    "deviations": _("deviation"),
    "accounts per day": _("account per day"),
}
_COUNTED: Mapping[str, Callable[[int], str]] = {
    "accounts": lambda n: ngettext("%(n)s account", "%(n)s accounts", n),
    "accounts per day": lambda n: ngettext("%(n)s account per day", "%(n)s accounts per day", n),
    "addresses": lambda n: ngettext("%(n)s address", "%(n)s addresses", n),
    "cards": lambda n: ngettext("%(n)s card", "%(n)s cards", n),
    "charges": lambda n: ngettext("%(n)s charge", "%(n)s charges", n),
    "days": lambda n: ngettext("%(n)s day", "%(n)s days", n),
    "deviations": lambda n: ngettext("%(n)s deviation", "%(n)s deviations", n),
    "devices": lambda n: ngettext("%(n)s device", "%(n)s devices", n),
    "hours": lambda n: ngettext("%(n)s hour", "%(n)s hours", n),
    "kinds": lambda n: ngettext("%(n)s kind", "%(n)s kinds", n),
    "minutes": lambda n: ngettext("%(n)s minute", "%(n)s minutes", n),
    "redemptions": lambda n: ngettext("%(n)s redemption", "%(n)s redemptions", n),
    "referrals": lambda n: ngettext("%(n)s referral", "%(n)s referrals", n),
    "roubles": lambda n: ngettext("%(n)s rouble", "%(n)s roubles", n),
}


def value_shown(value: float, unit: str) -> str:
    """A signal's value with its unit."""
    if unit == "yes or no":
        return gettext("yes") if value else gettext("no")
    if unit == "share":
        return f"{number_format(round(100 * value), 0)} %"
    if value == 1 and unit in _SINGULAR:
        return f"1 {_SINGULAR[unit]}"
    decimals = 0 if value == int(value) else 1
    return measured(value, unit, decimals_shown(value, decimals))


def measured(value: float, unit: str, shown: str) -> str:
    """A number that is written already, with its unit in the form that the number asks for."""
    words = _COUNTED.get(unit)
    if words is None or value != int(value):
        return f"{shown} {gettext(unit)}" if unit else shown
    return words(int(abs(value))) % {"n": shown}
