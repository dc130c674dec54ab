"""What commands over stored assessments have in common: a window, and a rule set by number."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser

from doors.jobs import moment
from fraud.policy.rulesets import RuleSet
from fraud.queries.rule_sets import rule_set_numbered, rule_sets_in_use

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def add_window(parser: CommandParser) -> None:
    """Add `--since` and `--until`."""
    parser.add_argument("--since", type=moment, metavar="MOMENT", help="default: the beginning")
    parser.add_argument(
        "--until", type=moment, metavar="MOMENT", help="this moment is not in it; default now"
    )


def add_author(parser: CommandParser, *, is_needed: bool) -> None:
    """Add `--by`."""
    parser.add_argument(
        "--by",
        required=is_needed,
        default="",
        metavar="USER",
        help="the draft's author by their name in the admin; another person approves it",
    )


def window_of(options: dict[str, Any]) -> tuple[datetime, datetime]:
    """The window that was asked for.

    Raises:
        CommandError: it ends before it begins.
    """
    since = _moment(options["since"]) or _BEGINNING
    until = _moment(options["until"]) or datetime.now(UTC)
    if since >= until:
        raise CommandError("--since lies before --until.")
    return since, until


def rules_of(number: int | None) -> tuple[int, RuleSet]:
    """The rule set of this number, or the live one, with its number.

    Raises:
        CommandError: there is none of this number.
    """
    if number is None:
        live = rule_sets_in_use(now=datetime.now(UTC))[0]
        return live.number, live.rules
    rules = rule_set_numbered(number)
    if rules is None:
        raise CommandError(f"There is no rule set {number}.")
    return number, rules


def _moment(value: datetime | str | None) -> datetime | None:
    # `call_command` hands keyword options over unparsed.
    return moment(value) if isinstance(value, str) else value
