"""Say what a rule set would have done with the benefits that were assessed."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from doors.jobs import Progress
from fraud.management.shown import percent, roubles, share_json
from fraud.management.windows import add_window, rules_of, window_of
from fraud.policy.backtest import Backtest, Confusion
from fraud.queries.backtest import backtest
from fraud.queries.verdicts import assessments_counted
from kernel.money import decimal_string

_FLIPS_PRINTED = 10


class Command(BaseCommand):
    help = (
        "Judge the benefits that were assessed by another rule set, and compare with what"
        " happened and with the verdicts of persons. Nothing is written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--ruleset", type=int, metavar="N", help="default: the live one")
        add_window(parser)
        parser.add_argument(
            "--recompute",
            action="store_true",
            help="gather the facts anew, as of each moment, instead of reading those kept",
        )
        parser.add_argument(
            "--minutes-per-case",
            type=float,
            metavar="MINUTES",
            help="an analyst's; default: the median from claim to decision so far",
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the backtest and print it."""
        number, rules = rules_of(options["ruleset"])
        since, until = window_of(options)
        total = assessments_counted(since=since, until=until)
        with Progress("Judging", total=total, unit="assessments") as progress:
            found = backtest(
                rules=rules,
                since=since,
                until=until,
                recompute=options["recompute"],
                minutes=options["minutes_per_case"],
                advance=progress.advance,
            )
        if options["as_json"]:
            self.stdout.write(json.dumps({"rule_set": number, **_json(found)}))
            return
        for line in _lines(number, found):
            self.stdout.write(line)


def _lines(number: int, found: Backtest) -> Iterator[str]:
    yield f"Rule set {number} over {found.subjects:,} benefits of {roubles(found.value_minor)}"
    yield f"  let out then, stopped now   {roubles(found.stopped_minor)}"
    yield f"  stopped then, let out now   {roubles(found.released_minor)}"
    for way in found.ways:
        yield f"  {way.before:>7} → {way.after:7} {way.subjects:>9,}  {roubles(way.value_minor)}"
    for title, confusion in (("then", found.happened), ("now", found.would_be)):
        yield f"Against verdicts, {title}:"
        yield f"  frauds stopped              {percent(confusion.recall)}"
        yield f"  normal users stopped        {percent(confusion.false_positive_rate)}"
        yield f"  frauds among those stopped  {percent(confusion.precision)}"
    yield f"Verdicts that would flip: {found.flipped:,}"
    for flip in found.flips[:_FLIPS_PRINTED]:
        yield (
            f"  {flip.verdict} {flip.subject_type} {flip.subject_id}:"
            f" {flip.before} → {flip.after}, {roubles(flip.value_minor)}"
        )
    yield f"Reviews: {found.reviews:,} then, {found.would_review:,} now"
    if found.hours is not None and found.would_take_hours is not None:
        yield f"Analysts' hours: {found.hours:.1f} then, {found.would_take_hours:.1f} now"


def _json(found: Backtest) -> dict[str, Any]:
    return {
        "subjects": found.subjects,
        "value": decimal_string(found.value_minor),
        "stopped": decimal_string(found.stopped_minor),
        "released": decimal_string(found.released_minor),
        "ways": [
            {
                "before": way.before,
                "after": way.after,
                "count": way.subjects,
                "value": decimal_string(way.value_minor),
            }
            for way in found.ways
        ],
        "happened": _confusion_json(found.happened),
        "would_be": _confusion_json(found.would_be),
        "flipped": found.flipped,
        "flips": [
            {**flip._asdict(), "value": decimal_string(flip.value_minor)} for flip in found.flips
        ],
        "reviews": found.reviews,
        "would_review": found.would_review,
        "minutes_per_case": found.minutes_per_case,
        "hours": found.hours,
        "would_take_hours": found.would_take_hours,
    }


def _confusion_json(confusion: Confusion) -> dict[str, Any]:
    return {
        "true_positives": confusion.true_positives,
        "false_positives": confusion.false_positives,
        "true_negatives": confusion.true_negatives,
        "false_negatives": confusion.false_negatives,
        "true_positive_rate": share_json(confusion.recall),
        "false_positive_rate": share_json(confusion.false_positive_rate),
        "precision": share_json(confusion.precision),
    }
