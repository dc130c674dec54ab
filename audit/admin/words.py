"""What deeds, values and those who act are called."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.admin.columns import choice_shown, column_shown
from audit.policy.differences import Difference
from audit.queries.trail import STEP, Deed
from doors.moments import moment_shown
from doors.translation import translated
from fraud.admin.words import KINDS as IDENTIFIER_KINDS
from fraud.admin.words import STEPS as CASE_STEPS
from loyalty.admin.gate.words import ACTORS, actor_of
from loyalty.admin.gate.words import STEPS_TAKEN as GATE_STEPS
from trail.tracking import ADDED, CHANGED, FOUND, REMOVED

VALUE_LENGTH_MAX = 160
# Deeds of these kinds are labelled with an identifier's kind and digest.
_ABOUT_IDENTIFIERS = ("block", "meaningless")


class Kind(NamedTuple):
    """What deeds are about: its name, and the admin's page of one of them, for those who may."""

    title: Any
    page: str
    permission: str


KINDS: Mapping[str, Kind] = {
    "terms": Kind(
        gettext_lazy("Program terms"), "loyalty_termsversion", "loyalty.view_termsversion"
    ),
    "rule_set": Kind(gettext_lazy("Rule set"), "fraud_rulesetversion", "fraud.view_rulesetversion"),
    "case": Kind(gettext_lazy("Case"), "fraud_case", "fraud.view_case"),
    "payout": Kind(gettext_lazy("Payout"), "loyalty_payout", "loyalty.view_payout"),
    "redemption": Kind(gettext_lazy("Redemption"), "loyalty_redemption", "loyalty.view_redemption"),
    "block": Kind(gettext_lazy("Block"), "fraud_blockedidentifier", "fraud.view_blockedidentifier"),
    "meaningless": Kind(
        gettext_lazy("Meaningless identifier"),
        "fraud_meaninglessidentifier",
        "fraud.view_meaninglessidentifier",
    ),
    "standing": Kind(
        gettext_lazy("Standing"), "fraud_subscriberstanding", "fraud.view_subscriberstanding"
    ),
    "silenced_rule": Kind(
        gettext_lazy("Silenced rule"), "fraud_rulesnooze", "fraud.view_rulesnooze"
    ),
    "import": Kind(gettext_lazy("Import"), "imports_import", "imports.view_import"),
    "user": Kind(gettext_lazy("User"), "auth_user", "auth.view_user"),
    "second_factor": Kind(
        gettext_lazy("Second factor"), "otp_totp_totpdevice", "otp_totp.view_totpdevice"
    ),
    "role": Kind(gettext_lazy("Role"), "auth_group", "auth.view_group"),
    "client": Kind(gettext_lazy("API client"), "doors_client", "doors.view_client"),
    "client_group": Kind(
        gettext_lazy("Group of clients"), "doors_clientgroup", "doors.view_clientgroup"
    ),
    "subscriber": Kind(
        gettext_lazy("Personal data"), "accounts_subscriber", "accounts.view_personalaccess"
    ),
    "statement": Kind(gettext_lazy("Statement"), "accounts_subscriber", "accounts.view_subscriber"),
    "trail": Kind(gettext_lazy("Audit trail"), "", "audit.view_trail"),
    "webhook": Kind(gettext_lazy("Webhook"), "outbox_endpoint", "outbox.view_endpoint"),
    "task": Kind(
        gettext_lazy("Clock task"),
        "django_celery_beat_periodictask",
        "django_celery_beat.view_periodictask",
    ),
    "schedule": Kind(
        gettext_lazy("Time of day"),
        "django_celery_beat_crontabschedule",
        "django_celery_beat.view_crontabschedule",
    ),
    "interval": Kind(
        gettext_lazy("Interval"),
        "django_celery_beat_intervalschedule",
        "django_celery_beat.view_intervalschedule",
    ),
    "clocked": Kind(
        gettext_lazy("Moment"),
        "django_celery_beat_clockedschedule",
        "django_celery_beat.view_clockedschedule",
    ),
}

ACTIONS: Mapping[str, Any] = {
    ADDED: gettext_lazy("added"),
    CHANGED: gettext_lazy("changed"),
    REMOVED: gettext_lazy("removed"),
    "renewed": gettext_lazy("secret renewed"),
    STEP: gettext_lazy("step taken, file imported or taken out"),
    FOUND: gettext_lazy("found when the trail began"),
}
_RENEWED = {
    "password renewed": gettext_lazy("password renewed"),
    "key renewed": gettext_lazy("secret renewed"),
    "client_secret renewed": gettext_lazy("secret renewed"),
    "secret renewed": gettext_lazy("secret renewed"),
    "previous_secret renewed": gettext_lazy("former secret kept for a while, or ended"),
}
_STEPS: Mapping[str, Mapping[str, Any]] = {
    "accounts_erasure": {"erase": gettext_lazy("erased")},
    "accounts_personalaccess": {"look": gettext_lazy("looked at")},
    "doors_export": {"export": gettext_lazy("taken out as a file")},
    "fraud_caseevent": CASE_STEPS,
    "imports_import": {"import": gettext_lazy("file imported")},
    "loyalty_gatechange": GATE_STEPS,
}


def action_shown(deed: Deed) -> str:
    """The action as people say it."""
    steps = _STEPS.get(deed.table, {})
    known = steps.get(deed.action) or ACTIONS.get(deed.action) or _RENEWED.get(deed.action)
    return str(known or deed.action.replace("_", " "))


def who_shown(deed: Deed) -> str:
    """Who acted: a person, or the program that did without one."""
    return str(actor_of(deed.by)) or ("" if deed.program == "" else _program(deed.program))


def actor_called(words: str) -> str:
    """The name under which the trail keeps whom the page calls so."""
    called = words.strip().casefold()
    return next((name for name, word in ACTORS.items() if str(word).casefold() == called), words)


def reason_shown(deed: Deed) -> str:
    """The reason: the program's own in the reader's language, a person's as it was written."""
    return translated(deed.reason) if deed.by in ACTORS else deed.reason


def label_shown(deed: Deed) -> str:
    """What it is about; of an identifier its kind as people call it."""
    kind, _space, rest = deed.label.partition(" ")
    if deed.kind in _ABOUT_IDENTIFIERS and kind in IDENTIFIER_KINDS:
        return f"{IDENTIFIER_KINDS[kind]} {rest}"
    return deed.label or deed.object


def where_shown(deed: Deed) -> str:
    """From where: a page, or a program and the database's role."""
    if deed.page:
        return deed.page
    if not deed.program:
        return ""
    return _("%(program)s, as %(role)s") % {"program": deed.program, "role": deed.role}


def _program(name: str) -> str:
    return _("the clock") if name == "clock" else name


def difference_shown(deed: Deed, difference: Difference) -> tuple[str, str, str]:
    """What differs, what it was and what it is; empty for nothing."""
    path = difference.path

    def shown(value: Any) -> str:
        if isinstance(value, str) and value and value == deed.reason:
            return _cut(reason_shown(deed))
        return value_shown(choice_shown(deed.table, path, value))

    return column_shown(deed.table, path), shown(difference.before), shown(difference.after)


def value_shown(value: Any) -> str:
    """A value as text, cut to what fits a line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return _cut(", ".join(str(each) for each in value))
    text = str(value)
    return _moment(text) or _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= VALUE_LENGTH_MAX else text[: VALUE_LENGTH_MAX - 1] + "…"


def _moment(text: str) -> str:
    """A moment of the database's in the zone of the page; empty for any other text."""
    if len(text) < len("2026-01-01T00:00:00Z") or text[10:11] != "T":
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return moment_shown(moment, with_seconds=True) if moment.tzinfo else ""
