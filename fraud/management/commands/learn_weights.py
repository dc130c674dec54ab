"""Propose weights that are learnt from verdicts."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fraud.management.proposals import proposal_said
from fraud.management.windows import add_author, add_window, rules_of, window_of
from fraud.operations.learn_weights import learn_weights
from fraud.policy.learning import TooFewExamples
from fraud.policy.rule_set_changes import changes_between, told


class Command(BaseCommand):
    help = (
        "Learn the weights from verdicts, those over the random sample among them, by a"
        " regularised logistic regression, and save them as a draft. A boosted model is tried"
        " beside it, and drafted only if it was better on verdicts that were held out. Nothing"
        " goes live."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--ruleset", type=int, metavar="N", help="the base; default: live")
        add_window(parser)
        add_author(parser, is_needed=True)
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        """Learn, and print what the draft changes."""
        number, base = rules_of(options["ruleset"])
        since, until = window_of(options)
        note = f"Weights of rule set {number}, learnt from verdicts until {until:%Y-%m-%d}."
        try:
            learnt, draft = learn_weights(
                base=base, since=since, until=until, note=note, by=options["by"]
            )
        except TooFewExamples as refusal:
            raise CommandError(str(refusal)) from None
        changes = changes_between(base, learnt.proposal.rules)
        said = {
            "draft": draft.number,
            "frauds": learnt.frauds,
            "normal": learnt.normal,
            "auc_before": learnt.auc_before,
            "auc": learnt.auc,
            "model": learnt.proposal.model,
            "comparisons": [each.content() for each in learnt.proposal.comparisons],
            "changes": [
                {"path": each.path, "old": told(each.old), "new": told(each.new)}
                for each in changes
            ],
        }
        if options["as_json"]:
            self.stdout.write(json.dumps(said))
            return
        self.stdout.write(
            f"Draft {draft.number}, learnt from {learnt.frauds:,} frauds and"
            f" {learnt.normal:,} normal users"
        )
        self.stdout.write(f"AUC over the same verdicts: {learnt.auc_before} → {learnt.auc}")
        for line in proposal_said(learnt.proposal):
            self.stdout.write(line)
        for each in changes:
            self.stdout.write(f"  {each.path}: {told(each.old) or '–'} → {told(each.new) or '–'}")
