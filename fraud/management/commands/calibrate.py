"""Choose a review threshold for a limit of normal users who are stopped."""

import json
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from doors.jobs import Progress
from fraud.management.shown import MILLION, percent, point_json
from fraud.management.windows import add_author, add_window, rules_of, window_of
from fraud.operations.change_rule_sets import draft_rules
from fraud.policy.curves import thinned
from fraud.policy.rulesets import RuleSet, with_review_from
from fraud.queries.calibration import Calibration, calibration
from fraud.queries.verdicts import assessments_counted

_POINTS_SHOWN = 200
_POINTS_PRINTED = 12


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share < 1:
        raise ArgumentTypeError("a share between 0 and 1")
    return share


class Command(BaseCommand):
    help = (
        "Draw the ROC and PR curves of a rule set's score over the benefits that were assessed,"
        " and choose the review threshold that catches most. It is accepted only if the upper"
        " bound of the 95 % interval of normal users stopped is beneath the limit."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fpr-max", type=_share, default=0.01, metavar="SHARE")
        parser.add_argument("--ruleset", type=int, metavar="N", help="default: the live one")
        add_window(parser)
        parser.add_argument("--save", action="store_true", help="make a draft of the thresholds")
        add_author(parser, is_needed=False)
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        """Calibrate, print, save if asked, and fail where no threshold is accepted."""
        if options["save"] and not options["by"]:
            raise CommandError("--save needs --by: who the author of the draft is.")
        number, rules = rules_of(options["ruleset"])
        since, until = window_of(options)
        limit = float(options["fpr_max"])
        total = assessments_counted(since=since, until=until)
        with Progress("Scoring", total=total, unit="assessments") as progress:
            found = calibration(
                rules=rules,
                since=since,
                until=until,
                false_positives_max=limit,
                advance=progress.advance,
            )
        if options["as_json"]:
            self.stdout.write(json.dumps({"rule_set": number, "limit": limit, **_json(found)}))
        else:
            self._print(number, found)
        if found.point is None:
            raise CommandError(_why_none(found, limit))
        if options["save"]:
            rules = with_review_from(rules, found.point.score_millionths)
            self._save(number, rules, limit, options["by"])

    def _print(self, number: int, found: Calibration) -> None:
        curve = found.curve
        self.stdout.write(
            f"Rule set {number}: {found.frauds:,} frauds, {found.normal:,} normal users,"
            f" {found.undecided:,} undecided"
        )
        if curve.auc is not None and curve.average_precision is not None:
            self.stdout.write(
                f"AUC {curve.auc:.4f}, average precision {curve.average_precision:.4f}"
            )
        self.stdout.write("     score   frauds  normal  precision")
        for point in thinned(curve.points, _POINTS_PRINTED):
            self.stdout.write(
                f"{point.score_millionths / MILLION:>10.4f} {100 * point.caught.value:>7.2f}%"
                f" {100 * point.stopped.value:>6.2f}% {100 * point.precision.value:>9.2f}%"
            )
        if found.point is not None:
            self.stdout.write(f"review from           {found.point.score_millionths / MILLION}")
            self.stdout.write(f"frauds stopped        {percent(found.point.caught)}")
            self.stdout.write(f"normal users stopped  {percent(found.point.stopped)}")

    def _save(self, number: int, rules: RuleSet, limit: float, by: str) -> None:
        note = f"Rule set {number}, calibrated for {100 * limit:g} % of normal users."
        draft = draft_rules(content=rules.content(), note=note, by=by)
        self.stderr.write(f"Draft {draft.number} was made; a second person has to approve it.")


def _why_none(found: Calibration, limit: float) -> str:
    if not found.frauds:
        return "Nobody was found to be a fraud in this time: there is nothing to calibrate by."
    return (
        "No threshold is accepted: of each, the upper bound of the share of normal users stopped"
        f" is {100 * limit:g} % or more. There were {found.normal:,} normal users to tell by."
    )


def _json(found: Calibration) -> dict[str, Any]:
    return {
        "frauds": found.frauds,
        "normal": found.normal,
        "undecided": found.undecided,
        "auc": found.curve.auc,
        "average_precision": found.curve.average_precision,
        "accepted": None if found.point is None else point_json(found.point),
        "curve": [point_json(point) for point in thinned(found.curve.points, _POINTS_SHOWN)],
    }
