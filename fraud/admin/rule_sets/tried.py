"""Backtests and calibrations of a rule set in short: on its page, in the list, at its approval."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doors.amounts import roubles_shown
from doors.moments import day_shown, moment_shown
from fraud.admin.trials.wording import (
    KINDS,
    STATUSES,
    percent_shown,
    score_shown,
    share_shown,
    window_of,
)
from fraud.models import RuleSetVersion
from fraud.policy.intervals import share_of
from fraud.policy.rule_set_changes import changes_between, content_digest
from fraud.policy.rulesets import RuleSet
from fraud.policy.trials import BACKTEST, CALIBRATION, DONE
from fraud.queries.trials import Tried, latest_trials
from loyalty.admin.gate.words import Word

ROWS_SHOWN = 20


class TriedRow(NamedTuple):
    """A trial in words; `differs` is empty if it judged exactly what the rule set says now."""

    name: str
    address: str
    word: Word
    window: str
    result: str
    differs: str
    by: str
    at: str
    is_done: bool
    kind: str


class TriedSummary(NamedTuple):
    """What is known of a rule set by trials.

    Attributes:
        backtest, calibration: the latest done ones of exactly what it says.
        outdated: the latest backtest that judged it before it was changed, if none is exact.
    """

    rows: Sequence[TriedRow]
    backtest: TriedRow | None
    calibration: TriedRow | None
    outdated: TriedRow | None


def tried_of(version: RuleSetVersion) -> TriedSummary:
    """The trials of a version, and those of others that said the same."""
    rules = RuleSet.from_content(version.content)
    digest = content_digest(rules)
    rows = [
        _row(each, version, rules, is_same=each.digest == digest)
        for each in latest_trials()
        if each.rule_set == version.number or each.digest == digest
    ]
    done = [row for row in rows if row.is_done]
    backtest = _latest(done, BACKTEST, is_exact=True)
    return TriedSummary(
        rows[:ROWS_SHOWN],
        backtest,
        _latest(done, CALIBRATION, is_exact=True),
        _latest(done, BACKTEST, is_exact=False) if backtest is None else None,
    )


def backtest_in_short(rules: RuleSet, trials: Sequence[Tried]) -> SafeString | str:
    """The latest backtest of exactly these rules, leading to its page; empty if none is done."""
    digest = content_digest(rules)
    for each in trials:
        if each.kind == BACKTEST and each.status == DONE and each.digest == digest:
            said = _stops(each)
            day = day_shown(each.finished_at or each.requested_at)
            return format_html(
                '<a class="link" href="{}">{}</a><span class="soft small block-line">{}</span>',
                _address(each),
                said,
                day,
            )
    return ""


def _latest(rows: Sequence[TriedRow], kind: str, *, is_exact: bool) -> TriedRow | None:
    matching = (row for row in rows if row.kind == kind and bool(row.differs) != is_exact)
    return next(matching, None)


def _row(tried: Tried, version: RuleSetVersion, rules: RuleSet, *, is_same: bool) -> TriedRow:
    is_done = tried.status == DONE
    return TriedRow(
        name=f"{KINDS[tried.kind]} {tried.trial_id}",
        address=_address(tried),
        word=STATUSES[tried.status],
        window=window_of(tried),
        result=_result(tried) if is_done else "–",
        differs="" if is_same else _differs(tried, rules),
        by=tried.requested_by,
        at=moment_shown(tried.finished_at or tried.requested_at),
        is_done=is_done,
        kind=tried.kind,
    )


def _result(tried: Tried) -> str:
    if tried.kind == CALIBRATION:
        return _threshold(tried)
    said, found = _stops(tried), tried.would_be or {}
    stopped = found.get("false_positives", 0)
    normal = stopped + found.get("true_negatives", 0)
    if not normal:
        unknown = _("Nobody was found to be normal: how many of them it stops is not known.")
        return f"{said} {unknown}"
    share = share_shown(share_of(stopped, normal))
    normals = _("Normal users stopped: %(share)s.") % {"share": share}
    return f"{said} {normals}"


def _stops(tried: Tried) -> str:
    if not tried.value_minor:
        return _("Nothing was assessed in that time.")
    return _("Of %(value)s it stops %(stopped)s more and releases %(released)s.") % {
        "value": roubles_shown(tried.value_minor),
        "stopped": roubles_shown(tried.stopped_minor or 0),
        "released": roubles_shown(tried.released_minor or 0),
    }


def _threshold(tried: Tried) -> str:
    accepted: Any = tried.accepted
    if accepted is None:
        return _("No threshold was accepted.")
    caught, stopped = share_of(*accepted["caught"]), share_of(*accepted["stopped"])
    return _(
        "Reviewed from %(score)s on, it stops %(caught)s of the frauds. Normal users stopped:"
        " %(share)s."
    ) % {
        "score": score_shown(accepted["score_millionths"]),
        "caught": percent_shown(caught.value),
        "share": share_shown(stopped),
    }


def _differs(tried: Tried, rules: RuleSet) -> str:
    if not tried.digest:
        return _("judged another content")
    changed = len(changes_between(RuleSet.from_content(tried.rules), rules))
    # What is no item of its own differs all the same.
    changed = max(changed, 1)
    return ngettext("%(n)s item differs since", "%(n)s items differ since", changed) % {
        "n": changed
    }


def _address(tried: Tried) -> str:
    return reverse("admin:fraud_trial_change", args=[tried.trial_id])
