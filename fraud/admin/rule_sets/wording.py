"""What each threshold, weight and rule is called, what it means, and how its value is said."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from doors.amounts import NBSP, points_shown
from fraud.admin.rule_sets.curves import curve_in_short, curve_said
from fraud.admin.words import value_shown
from fraud.policy.rule_set_changes import Item, RuleSetChange
from fraud.policy.rules import BY_NAME as RULES
from fraud.policy.signals import BY_NAME as SIGNALS
from fraud.policy.signals import Signal, falling, saturating, scaled
from fraud.policy.step_curves import StepCurve
from loyalty.admin.gate.words import Word

THRESHOLDS, WEIGHTS, RULE_ACTIONS = _("Thresholds and limits"), _("Weights"), _("Rules")
CURVES = _("Learned curves")
SCORE_DECIMALS = 2

STATES: Mapping[str, Word] = {
    "live": Word(_("live"), "success"),
    "scheduled": Word(_("scheduled"), "primary"),
    "shadow": Word(_("in shadow"), "primary"),
    "proposed": Word(_("proposed"), "warning"),
    "draft": Word(_("draft"), "info"),
    "approved": Word(_("approved before"), "default"),
    "withdrawn": Word(_("withdrawn"), "default"),
}

ACTIONS: Mapping[str, Word] = {
    "off": Word(_("does nothing"), "default"),
    "review": Word(_("sends to review"), "warning"),
    "refuse": Word(_("refuses"), "danger"),
    "wait": Word(_("lets it wait"), "info"),
}
_STRICTNESS = ("off", "wait", "review", "refuse")

_SUBJECTS: Mapping[str, Any] = {
    "payout": _("payouts"),
    "redemption": _("redemptions"),
    "join": _("referral joins"),
    "registration": _("registrations"),
}


class Wording(NamedTuple):
    """An item in words; how its value counts is said of weights and rules."""

    section: Any
    name: Any
    meaning: Any
    counts: Any = ""


_LIMITS: Mapping[str, Wording] = {
    "review_from": Wording(
        THRESHOLDS,
        _("Review from a score of"),
        _("From this score on a person looks before anything is paid; below it, it is let out."),
        _("While it is not set, the rule set can't go live."),
    ),
    "block_from": Wording(
        THRESHOLDS,
        _("Refuse from a score of"),
        _("From this score on it is refused without anybody looking; more than for a review."),
        _("While it is not set, the rule set can't go live."),
    ),
    "carrier_ip_above": Wording(
        THRESHOLDS,
        _("A carrier's address above"),
        _("An IP address of more accounts than this is a carrier's or an office's: it says nothing"
          " of those behind it."),
    ),
    "device_accounts_above": Wording(
        THRESHOLDS,
        _("A crowded device above"),
        _("A device of more accounts than this is no household's: whoever comes with it is marked."
          " Up to it a device alone marks nobody."),
    ),
    "sample_share": Wording(
        THRESHOLDS,
        _("Sample of what is let out"),
        _("The random share of cleared payouts that is reviewed afterwards. Only it tells what the"
          " screen misses; nobody waits for it."),
    ),
}  # fmt: skip

# For kinds that nobody has worded yet too.
_LINKS_ABOVE: Mapping[str, Any] = {
    "passport": _("A passport links nobody above"),
    "card": _("A card links nobody above"),
    "phone": _("A phone number links nobody above"),
    "device": _("A device links nobody above"),
    "email": _("An e-mail address links nobody above"),
    "mailbox": _("An e-mail address in all its forms links nobody above"),
    "address": _("An address links nobody above"),
}
_LINKS_MEANING = _(
    "An identifier of more other accounts than this stands for a company or for nothing: it links"
    " and marks nobody, and is listed under “Crowded identifiers”. A block on it holds."
)

RULE_MEANINGS: Mapping[str, Any] = {
    "blocked_identifier": _("One of the identifiers is on the block list."),
    "subscriber_blocked": _("The subscriber is blocked after a confirmed fraud."),
    "subscriber_watched": _("The subscriber is watched: somebody, or a rule, has marked them."),
    "self_referral": _(
        "Inviter and invitee have a passport, card, device, phone or e-mail in common: they may"
        " be one person."
    ),
    "shared_by_invitees": _(
        "Two invitees of one inviter have a passport, card, device, phone or e-mail in common:"
        " they may be one person."
    ),
    "household": _("The invitee lives at the address of the inviter or of another invitee."),
    "same_passport_or_card": _(
        "The subscriber's passport or payment card was seen with another subscriber."
    ),
    "identifier_of_another": _(
        "A newcomer or an invitee comes with a passport, card or phone that somebody else has; with"
        " somebody else's device and e-mail address, unless both live at one address; or with a"
        " crowded device."
    ),
    "instrument_not_unique": _(
        "The payment instrument of a subscriber's first redemption belongs to others too."
    ),
    "verification_missing": _(
        "The terms ask for a verified phone or identity, which is missing; it is screened again"
        " until it has come."
    ),
    "above_cap": _("A payout exceeds a limit of the terms."),
}


def wording_of(path: str) -> Wording:
    """The words for an item; one that nobody has worded yet is called by its path."""
    group, _dot, name = path.partition(".")
    if group == "weights" and name in SIGNALS:
        signal = SIGNALS[name]
        return Wording(WEIGHTS, gettext(signal.title), gettext(signal.meaning), counted(signal))
    if group == "curves" and name in SIGNALS:
        own = gettext("Without one: %(own)s") % {"own": counted(SIGNALS[name])}
        return Wording(CURVES, gettext(SIGNALS[name].title), _typed(SIGNALS[name]), own)
    if group == "actions" and name in RULES:
        meaning = RULE_MEANINGS.get(name, "")
        return Wording(RULE_ACTIONS, gettext(RULES[name].title), meaning, _looks_at(name))
    if group == "links_above":
        name_shown = _LINKS_ABOVE.get(name, f"{name}: links nobody above")
        return Wording(THRESHOLDS, name_shown, _LINKS_MEANING)
    return _LIMITS.get(path) or Wording(THRESHOLDS, path.replace("_", " "), "")


def _typed(signal: Signal) -> str:
    """How a curve is typed."""
    example = "0: 1; 2: 0.6; 60: 0" if signal.curve is falling else "0: 0; 1: 0.6; 3: 1"
    said = gettext("Steps in place of the signal's own curve: value: x, such as %(example)s.")
    return said % {"example": example}


def counted(signal: Signal) -> str:
    """How a signal's value counts, between nothing and its whole weight."""
    at_scale = _measured(signal.scale, signal.unit)
    if signal.unit == "yes or no":
        return gettext("Counts whole if so, and nothing otherwise.")
    if signal.curve is falling:
        said = gettext("Counts whole at 0 %(unit)s, half at %(scale)s, less and less after.")
        return said % {"unit": gettext(signal.unit), "scale": at_scale}
    if signal.curve is saturating:
        first = {"one": _measured(1, signal.unit), "percent": round(100 * scaled(signal, 1))}
        said = gettext("%(one)s counts %(percent)s %%, %(scale)s count whole: the first say most.")
        return said % {**first, "scale": at_scale}
    return gettext("Counts in proportion, and whole from %(scale)s on.") % {"scale": at_scale}


def said(path: str, value: Item) -> str:
    """An item's value in words and units."""
    if isinstance(value, StepCurve):
        return curve_in_short(value)
    if value is None and path.startswith("curves."):
        return gettext("its own")
    if value is None:
        return gettext("not set")
    if is_number_of_accounts(path):
        return gettext("%(n)s accounts") % {"n": points_shown(int(value))}
    if path == "sample_share":
        return f"{_plain(Decimal(value) * 100, 0)}{NBSP}%"
    if isinstance(value, Decimal):
        return _plain(value, SCORE_DECIMALS)
    return str(ACTIONS[str(value)].text)


def is_number_of_accounts(path: str) -> bool:
    """Whether an item counts accounts."""
    return path in ("carrier_ip_above", "device_accounts_above") or path.startswith("links_above.")


def effect_of(change: RuleSetChange) -> str:
    """What a change brings, in short."""
    if change.path.startswith("actions."):
        return _effect_of_action(str(change.old), str(change.new))
    if isinstance(change.old, StepCurve) or isinstance(change.new, StepCurve):
        return _effect_of_curve(change)
    if change.old is None:
        return gettext("begins to stop by score")
    if change.new is None:
        return gettext("stops nothing by score")
    if change.path.startswith("weights."):
        return _effect_of_weight(Decimal(change.old), Decimal(change.new))
    more, fewer = _EFFECTS[change.path.partition(".")[0]]
    return str(more if Decimal(change.new) > Decimal(change.old) else fewer)


_EFFECTS: Mapping[str, tuple[Any, Any]] = {
    "review_from": (_("fewer are reviewed"), _("more are reviewed")),
    "block_from": (
        _("fewer are refused unseen, more are reviewed"),
        _("more are refused unseen"),
    ),
    "carrier_ip_above": (
        _("more crowded addresses count"),
        _("fewer crowded addresses count"),
    ),
    "links_above": (_("more crowded identifiers link"), _("fewer crowded identifiers link")),
    "device_accounts_above": (_("fewer newcomers are marked"), _("more newcomers are marked")),
    "sample_share": (_("more is reviewed afterwards"), _("less is reviewed afterwards")),
}


def curve_meaning(path: str, old: Item, new: Item) -> str:
    """Both curves of a change, step by step."""
    signal = SIGNALS[path.partition(".")[2]]
    was, now = (
        curve_said(signal, value) if isinstance(value, StepCurve) else gettext("its own")
        for value in (old, new)
    )
    return gettext("Before: %(was)s. After: %(now)s.") % {"was": was, "now": now}


def _effect_of_curve(change: RuleSetChange) -> str:
    if change.old is None:
        return gettext("counts by a learned curve in place of its own")
    if change.new is None:
        return gettext("counts by its own curve again")
    return gettext("counts by another curve")


def _effect_of_weight(old: Decimal, new: Decimal) -> str:
    if not old:
        return gettext("begins to count: more are stopped")
    if not new:
        return gettext("counts no more: fewer are stopped")
    if new > old:
        return gettext("counts more: more are stopped")
    return gettext("counts less: fewer are stopped")


def _effect_of_action(old: str, new: str) -> str:
    if new == "off":
        return gettext("no longer stops anybody")
    if _STRICTNESS.index(new) > _STRICTNESS.index(old):
        return gettext("stricter")
    return gettext("milder: a person looks first")


def _looks_at(name: str) -> str:
    subjects = ", ".join(str(_SUBJECTS[each]) for each in RULES[name].subjects)
    fixed = gettext(" The program's terms demand it: no rule set changes it.")
    looks = gettext("Looks at %(subjects)s.") % {"subjects": subjects}
    return looks + fixed if RULES[name].is_fixed else looks


def _measured(value: float, unit: str) -> str:
    return number_format(round(value), 0) if unit == "percentile" else value_shown(value, unit)


def _plain(value: Decimal, decimals: int) -> str:
    """Without needless zeros, but with at least so many decimals: 0.30, 0.125, 1."""
    text = f"{value.normalize():f}"
    own = len(text.partition(".")[2])
    return number_format(f"{value:.{max(own, decimals)}f}", max(own, decimals))
