"""Gather every text that people read, and bring the catalogues up to date (`make messages`).

Texts of doors are marked where they stand and found by GNU gettext. Policies are pure and mark
nothing: their sentences and words are gathered here into `doors/policy_texts.py`, which gettext
reads like any other module.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import django

from config.local.console import complain, say
from kernel.refusals import Refusal

if TYPE_CHECKING:
    from django.db.models import Model

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = ROOT / "locale"
GATHERED = ROOT / "doors" / "policy_texts.py"
APPS = (
    "accounts",
    "audit",
    "demo",
    "doors",
    "fraud",
    "imports",
    "kernel",
    "loyalty",
    "outbox",
    "privacy",
    "referrals",
)
ROOMS = ("policy", "operations", "queries", "ledger", "api", "admin")
# Descriptions and examples of the API are documentation for developers, and stay English.
_DOCUMENTATION = re.compile(r"examples|openapi|answers|events")
_DESCRIPTIONS = ("help_text", "description", "summary")
_HAS_WORDS = re.compile(r"[A-Za-z]{2}")
_SENTENCE = re.compile(r"(?:[A-Z]|%\()\S*\s.*(?:[.…?]|[.] )$", re.DOTALL)
# What makemessages need not look into.
_ELSEWHERE = ("var/*", ".venv/*", "tests/*", "benchmarks/*", "docs/*", "*/vendor/*")

# Sentences that policies put together of parts, each of which is a text of its own.
PARTS = (
    "%(block_from)s on refuses",
    "%(review_from)s on reviews",
    "%(title)s: more unusual than %(percentile)s % of all. %(furthest)s",
    "%(title)s: %(value)s %(unit)s, usually %(usual)s",
    "In the score: %(measured)s",
    "Not in the score, because it adds nothing that is certain: %(measured)s",
    "case %(number)s",
    "file %(name)s",
    "by hand",
    "charge",
    "contract",
    "lot",
    "month",
    "person",
    # Rows of before hold it.
    "The identifiers that it stood on are nobody else's any more: the screen finds nothing.",
    # The ledger writes this one in SQL.
    "Charges of this month earned more than the caps of benefits leave room for.",
    "Assessment %(pk)s of %(subject_type)s %(subject_id)s",
    "Block of %(identifier_id)s",
    "Case %(pk)s",
    "Instalment %(number)s of %(payout_id)s",
    "Payout %(id)s",
    "Redemption %(redemption_id)s",
    "Referral %(referral_id)s",
    "Rule set %(number)s",
    "Terms %(number)s",
    "Trial %(pk)s of rule set %(rule_set_id)s",
    "%(rule)s of %(subscriber_id)s until %(until)s",
    "Proposed.",
    "Approved.",
    "The weight of %(name)s",
    # Too few letters to be taken for words.
    "1–24 h",
    "4–24 h",
    "roubles",
    "refund",
    "redemption",
    "bill credit",
    "inviter",
    "invitee",
    "passport",
    "top up",
    "active",
    "suspended",
)

# The database holds the names of permissions as Django makes them.
PERMISSIONS = (
    "Can add %(name)s",
    "Can change %(name)s",
    "Can delete %(name)s",
    "Can view %(name)s",
)

# Django's own headings, whose Russian would want another case of the name.
HEADINGS = ("Add %s", "Change %s", "Select %s to change", "Select %s to view", "View %s")

# The roles that migrations make.
ROLES = (
    "Read only",
    "Fraud analyst",
    "Senior fraud analyst",
    "Program manager",
    "Data protection officer",
)

# What libraries call their tables and bring no Russian for.
TABLES = ("access attempt expiration",)

# What the theme says and brings no Russian for.
THEME = (
    "Add row",
    "After you've created a user, you’ll be able to edit more user options.",
    "All applications",
    "Apply Filters",
    "Bold",
    "Cancel",
    "Changes",
    "Choose file to upload",
    "Collapse",
    "Comment",
    "Current file",
    "Dark",
    "Date from",
    "Date to",
    "Default",
    "Edit",
    "Expand row",
    "False",
    "Forgotten your password or username?",
    "From",
    "General",
    "Go back",
    "Group",
    "Image preview",
    "Light",
    "Loading more results...",
    "More actions",
    "Name",
    "New",
    "Next",
    "No data",
    "No recent searches",
    "No results found",
    "No results matching your query",
    "Non field specific",
    "Not enough data.",
    "Object",
    "Previous",
    "Recent searches",
    "Record picture",
    "Reset filters",
    "Reset to default",
    "Return to site",
    "Row",
    "Run",
    "Search apps and models...",
    "Select action",
    "Select action to run",
    "Select all rows",
    "Select record",
    "Select value",
    "Submit",
    "System",
    "This item will be deleted.",
    "This object doesn't have a change history.",
    "This page yielded into no results. Create a new item or reset your filters.",
    "To",
    "Toggle password visibility",
    "True",
    "Type to search",
    "Update",
    "Value",
    "Welcome",
    "Welcome back to",
    "You have been successfully logged out from the administration",
)


def main() -> int:
    """Gather, update and compile; return the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    GATHERED.write_text(module_of(gathered_texts()), encoding="utf-8")
    subprocess.run([".venv/bin/ruff", "format", "--quiet", str(GATHERED)], cwd=ROOT, check=True)
    ignored = [part for pattern in _ELSEWHERE for part in ("--ignore", pattern)]
    found = subprocess.run(
        [
            *(sys.executable, "manage.py", "makemessages", "--locale=ru", "--no-location"),
            *("--no-obsolete", "--add-location=file", *ignored),
        ],
        cwd=ROOT,
        check=False,
    )
    if found.returncode:
        complain("GNU gettext gathers the texts: apt-get install gettext.")
        return found.returncode
    return report(compiled())


def compiled() -> dict[str, list[str]]:
    """Compile each catalogue, and return what it still lacks, by language."""
    import polib  # The catalogues are compiled by developers; those who run them need no tool.

    lacking = {}
    for source in sorted(CATALOGUES.glob("*/LC_MESSAGES/django.po")):
        catalogue = polib.pofile(str(source))
        catalogue.metadata.pop("POT-Creation-Date", None)
        catalogue.save()
        catalogue.save_as_mofile(str(source.with_suffix(".mo")))
        wanting = [*catalogue.untranslated_entries(), *catalogue.fuzzy_entries()]
        lacking[source.parts[-3]] = [entry.msgid for entry in wanting]
    return lacking


def report(lacking: Mapping[str, list[str]]) -> int:
    """Say what still has to be translated; return the exit code."""
    for language, texts in lacking.items():
        say(f"{language}: {len(texts)} to be translated or read again")
        for text in texts:
            say(f"    {text}")
    return 1 if any(lacking.values()) else 0


def gathered_texts() -> dict[str, list[str]]:
    """Return the texts that are marked nowhere, by where they come from."""
    return {
        "Sentences of policies, verbs and the API.": sorted(set(sentences())),
        "Words of policies, models and the clock.": sorted(filter(_HAS_WORDS.search, set(words()))),
        "Parts of sentences.": list(PARTS),
        "Permissions and roles, as the database holds them.": sorted(set(permissions())),
        "The theme's own, and Django's headings.": [*THEME, *HEADINGS],
    }


def module_of(texts: Mapping[str, Iterable[str]]) -> str:
    """Return the module that holds gathered texts for gettext to find."""
    lines = [
        '"""Texts that nothing marks where they stand: gathered by `make messages`, not edited."""',
        "",
        "from django.utils.translation import gettext_noop",
        "",
        "TEXTS = (",
    ]
    for name, part in texts.items():
        lines += [f"# {name}", *(f"gettext_noop({_quoted(text)})," for text in part)]
    return "\n".join([*lines, ")", ""])


def sentences() -> Iterator[str]:
    """Yield every sentence that stands in a policy, a verb, a query or the API.

    A sentence begins with a capital and ends with a full stop; what is put into it is named
    by the expression that puts it there.
    """
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if _is_read(path.relative_to(ROOT)):
                tree = ast.parse(path.read_text(encoding="utf-8"))
                yield from _sentences_in(tree)


def words() -> Iterator[str]:
    """Yield titles, meanings and units that policies give to what they measure."""
    from django.apps import apps

    from audit.admin.columns import column_names
    from config.schedule import SCHEDULE
    from doors.api.problems import KINDS, refusals
    from doors.names import choice_names, shown_names
    from doors.scopes import SCOPES
    from fraud.policy import anomalies, features, figures, rules, signals

    yield from SCOPES.values()
    yield from anomalies.TITLES.values()
    for rule in rules.RULES:
        yield rule.title
    for signal in signals.SIGNALS:
        yield from (signal.title, signal.meaning, signal.unit)
    for feature in features.FEATURES:
        yield from (feature.title, feature.unit)
    for scale in vars(figures).values():
        if isinstance(scale, tuple) and scale and all(isinstance(each, tuple) for each in scale):
            yield from (part for each in scale for part in each if isinstance(part, str))
    yield from SCHEDULE
    ours = [model for model in apps.get_models() if _is_ours(model) and not _is_of_the_trail(model)]
    yield from (*shown_names(), *column_names(), *choice_names(ours))
    yield from (str(model._meta.verbose_name) for model in ours)
    yield from (kind.title for kind in KINDS.values())
    # Only ours: tests have refusals of their own.
    yield from (each.title for each in refusals(Refusal) if _is_ours(each))


def permissions() -> Iterator[str]:
    """Yield what permissions and roles are called in the database."""
    from django.apps import apps

    yield from (*PERMISSIONS, *ROLES, *TABLES)
    for model in apps.get_models():
        if _is_ours(model):
            yield from (str(name) for _codename, name in model._meta.permissions)


def _is_of_the_trail(model: "type[Model]") -> bool:
    """Return whether it copies another model's rows: no page shows it under its own name."""
    from trail.tracking import Event

    return issubclass(model, Event) or model._meta.proxy


def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in APPS


def _is_read(path: Path) -> bool:
    if "management" in path.parts or "migrations" in path.parts or _DOCUMENTATION.search(path.stem):
        return False
    return path.parts[0] == "kernel" or any(room in path.parts[1:-1] for room in ROOMS)


def _sentences_in(tree: ast.AST) -> Iterator[str]:
    unread = set(_unread(tree))
    for node in ast.walk(tree):
        if node in unread:
            continue
        if isinstance(node, ast.JoinedStr):
            unread.update(part for part in ast.walk(node) if part is not node)
            text = _template(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if _SENTENCE.match(text):
            yield text


def _unread(tree: ast.AST) -> Iterator[ast.AST]:
    """What nobody is shown (docstrings, assertions, logs), or is marked where it stands."""
    for node in ast.walk(tree):
        for hidden in _hidden_in(node):
            yield from ast.walk(hidden)


def _hidden_in(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return [node.value]
    if isinstance(node, ast.keyword) and node.arg in _DESCRIPTIONS:
        return [node.value]
    if isinstance(node, ast.Assert) and node.msg is not None:
        return [node.msg]
    if isinstance(node, ast.Call) and (_is_marked(node) or _is_log(node)):
        return list(node.args)
    return []


def _is_marked(call: ast.Call) -> bool:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    return name == "_" or "gettext" in name


def _is_log(call: ast.Call) -> bool:
    return ast.unparse(call.func).startswith("logger.")


def _template(joined: ast.JoinedStr) -> str:
    """An f-string as a text with named places."""
    parts: list[str] = []
    taken: dict[str, int] = {}
    for value in joined.values:
        if isinstance(value, ast.Constant):
            parts.append(str(value.value))
            continue
        assert isinstance(value, ast.FormattedValue)
        name = _name_of(value.value)
        taken[name] = taken.get(name, 0) + 1
        parts.append(f"%({name}{taken[name] if taken[name] > 1 else ''})s")
    return "".join(parts)


def _name_of(expression: ast.expr) -> str:
    called = {node.func for node in ast.walk(expression) if isinstance(node, ast.Call)}
    names = [
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(expression)
        if isinstance(node, (ast.Attribute, ast.Name)) and node not in called
    ]
    plain = [name.strip("_").lower() for name in names if name not in ("self", "type", "error")]
    return plain[0] if plain else "value"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


if __name__ == "__main__":
    sys.exit(main())
