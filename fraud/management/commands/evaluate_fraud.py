"""Measure how well the score tells fraud among sign-ups whose end is known."""

import json
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from doors.jobs import Progress
from fraud.management.proposals import comparison_said
from fraud.management.shown import percent
from fraud.management.sign_up_files import sign_ups_in
from fraud.operations.learn_weights import SEED
from fraud.operations.replay_sign_ups import replay_sign_ups
from fraud.policy.comparing import compared, proposed
from fraud.policy.evaluation import Evaluation, evaluated, with_threshold_from
from fraud.policy.learning import TooFewExamples, demand_enough
from fraud.policy.rulesets import RuleSet
from fraud.policy.samples import Example, sample_of
from fraud.policy.sign_ups import SignUp, halves
from fraud.policy.step_curves import written
from fraud.queries.rule_sets import rule_sets_in_use


class Command(BaseCommand):
    help = (
        "Score the sign-ups of a CSV file (signup_time, purchase_time, device_id, ip_address,"
        " class) by the live rule set, through the code that screens, and compare with `class`"
        " (1 is fraud). Nothing is written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--fit",
            metavar="FILE",
            help="learn from another file, as `learn_weights` does from verdicts",
        )
        parser.add_argument(
            "--threshold-from",
            metavar="FILE",
            help="set the review threshold so that under 1 %% of that file's normal users, and"
            " of others like them, are stopped; with --fit, its file unless given",
        )
        parser.add_argument(
            "--halves",
            action="store_true",
            help="halve FILE so that no identifier is shared, and measure each half by what is"
            " learnt from the other",
        )
        parser.add_argument(
            "--compare",
            action="store_true",
            help="measure a logistic and a boosted score that are learnt from parts of FILE on the"
            " rest of it: parts that share no identifier, and the later half",
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read all files before any is replayed, replay each once, and print the figures."""
        live = rule_sets_in_use(now=datetime.now(UTC))[0].rules
        if options["halves"] or options["compare"]:
            _demand_file_alone(options)
            within = self._print_halves if options["halves"] else self._print_comparisons
            within(sign_ups_in(options["file"]), live, options["as_json"])
            return
        threshold_from = options["threshold_from"] or options["fit"]
        paths = {path for path in (options["file"], options["fit"], threshold_from) if path}
        read = {path: sign_ups_in(path) for path in sorted(paths)}
        known = {path: self._replayed(path, sign_ups, live) for path, sign_ups in read.items()}
        rules = live
        if options["fit"]:
            rules = _fitted(known[options["fit"]], rules)
        if threshold_from:
            rules = with_threshold_from(known[threshold_from], rules)
        self._print(evaluated(known[options["file"]], rules), rules, options["as_json"])

    def _print_halves(self, sign_ups: list[SignUp], live: RuleSet, as_json: bool) -> None:
        parts = [self._replayed("half", half, live) for half in halves(sign_ups)]
        for learnt_from, measured_on in (parts, reversed(parts)):
            rules = with_threshold_from(learnt_from, _fitted(learnt_from, live))
            self._print(evaluated(measured_on, rules), rules, as_json)

    def _print_comparisons(self, sign_ups: list[SignUp], live: RuleSet, as_json: bool) -> None:
        sample = sample_of(self._replayed("sign-ups", sign_ups, live))
        try:
            demand_enough(sample)
        except TooFewExamples as refusal:
            raise CommandError(str(refusal)) from None
        for found in compared(sample, live, seed=SEED):
            if as_json:
                self.stdout.write(json.dumps(found.content() | {"is_won": found.is_won}))
                continue
            for line in comparison_said(found):
                self.stdout.write(line)

    def _replayed(self, label: str, sign_ups: list[SignUp], rules: RuleSet) -> list[Example]:
        steps = 2 * len(sign_ups)
        with Progress(f"Replaying {label}", total=steps, unit="steps") as progress:
            return replay_sign_ups(
                sign_ups=sign_ups,
                limits=rules.limits,
                advance=progress.advance,
            )

    def _print(self, found: Evaluation, rules: RuleSet, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(_shown(found, rules)))
            return
        auc = "not measurable: one kind of user only" if found.auc is None else f"{found.auc:.4f}"
        lines = [
            f"{found.users:,} users, {found.caught.of:,} of them frauds",
            f"AUC                                {auc}",
            f"frauds at 1 % of normal users      {percent(found.caught_at_limit)}",
            f"reviewed from                      {rules.review_from}",
            f"frauds stopped                     {percent(found.caught)}",
            f"normal users stopped               {percent(found.stopped)}",
        ]
        for line in lines:
            self.stdout.write(line)
        weights = {name: str(weight) for name, weight in rules.weights.items() if weight}
        self.stdout.write(f"weights {json.dumps(weights)}")
        for name, curve in rules.curves.items():
            self.stdout.write(f"curve of {name}: {written(curve)}")


def _demand_file_alone(options: dict[str, Any]) -> None:
    if options["fit"] or options["threshold_from"] or (options["halves"] and options["compare"]):
        raise CommandError("--halves and --compare learn from FILE alone, each for itself.")


def _fitted(examples: list[Example], rules: RuleSet) -> RuleSet:
    try:
        return proposed(sample_of(examples), rules, seed=SEED).rules
    except TooFewExamples as refusal:
        raise CommandError(str(refusal)) from None


def _shown(found: Evaluation, rules: RuleSet) -> dict[str, Any]:
    return {
        "auc": found.auc,
        "true_positive_rate": found.caught.value,
        "false_positive_rate": found.stopped.value,
        "false_positive_rate_upper": found.stopped.upper,
        "true_positive_rate_at_1_percent": found.caught_at_limit.value,
        "users": found.users,
        "frauds": found.caught.of,
        "rule_set": rules.content(),
    }
