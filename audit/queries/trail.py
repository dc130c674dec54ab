"""What was done by whom, over all sources, newest first."""

from collections.abc import Iterator
from datetime import datetime
from json import loads
from typing import Any, NamedTuple

from django.db import connection

from audit.queries.sources import BY_ROW, BY_TRIGGER, SOURCES, Source
from trail.tracking import ADDED, CHANGED, FOUND, REMOVED

PAGE, EXPORT_PAGE = 50, 1_000
# What of a row's columns tells nothing of a change: whose it is stands beside it.
OWN_COLUMNS = frozenset({"id", "number", "subscriber_id", "identifier_id", "user_id"})
STEP, RENEWED = "step", "renewed"
ACTIONS = (ADDED, CHANGED, REMOVED, RENEWED, STEP, FOUND)


class Place(NamedTuple):
    """Where a page of the trail ends, and the next one begins."""

    at: datetime
    table: str
    number: int


class Asked(NamedTuple):
    """Which part of the trail is wanted; what is None isn't asked.

    Attributes:
        who: a name, exactly.
        kind: what it is about; with `object`, its id.
        action: one of ACTIONS; how things stood at the beginning (FOUND) is told only if asked.
        since: from this moment on.
        until: before this one.
        words: a part of what the object is called, or its id.
    """

    who: str | None = None
    kind: str | None = None
    object: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str | None = None


class Deed(NamedTuple):
    """Something that was done.

    Attributes:
        action: ADDED, CHANGED, REMOVED, `<secret> renewed`, FOUND, or the name of a step.
        by: empty if the change came with no name: then `program` and `role` are what is known.
        key: the object's id in the admin's addresses.
    """

    at: datetime
    table: str
    number: int
    kind: str
    object: str
    label: str
    key: str
    action: str
    by: str
    reason: str
    page: str
    request: str
    program: str
    role: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def place(self) -> Place:
        """Where it stands in the trail."""
        return Place(self.at, self.table, self.number)


def deeds(asked: Asked, *, after: Place | None = None, limit: int = PAGE) -> list[Deed]:
    """The latest deeds that are asked for, older than `after`; one statement."""
    said: dict[str, Any] = {**asked._asdict(), "limit": limit}
    if asked.words is not None:
        escaped = asked.words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        said["pattern"] = f"%{escaped}%"
    if after is not None:
        said.update(after_at=after.at, after_table=after.table, after_number=after.number)
    branches = [_branch(source, asked, after) for source in SOURCES if _may_hold(source, asked)]
    if not branches:
        return []
    statement = " UNION ALL ".join(branches)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM ({statement}) AS merged"  # noqa: S608
            ' ORDER BY at DESC, "table" DESC, number DESC LIMIT %(limit)s',
            said,
        )
        return [_deed(row) for row in cursor.fetchall()]


def every_deed(asked: Asked) -> Iterator[Deed]:
    """All deeds that are asked for, a page at a time."""
    after: Place | None = None
    while found := deeds(asked, after=after, limit=EXPORT_PAGE):
        yield from found
        after = found[-1].place


def _may_hold(source: Source, asked: Asked) -> bool:
    is_of_kind = asked.kind is None or source.kind in (f"'{asked.kind}'", "e.subject_type", BY_ROW)
    is_of_verbs = source.action != BY_TRIGGER
    return is_of_kind and (asked.action is None or is_of_verbs == (asked.action == STEP))


def _branch(source: Source, asked: Asked, after: Place | None) -> str:
    return f"""
        (SELECT {source.at} AS at, '{source.table}' AS "table", {source.number} AS number,
            {source.kind} AS kind, coalesce(({source.object})::text, '') AS object,
            coalesce(({source.label})::text, '') AS label, ({source.key})::text AS key,
            {source.action} AS action, {source.by} AS by, {source.reason} AS reason,
            {source.page} AS page, {source.request} AS request, {source.program} AS program,
            {source.role} AS role, {source.was} AS was, {source.became} AS became
         FROM {source.table} e
         WHERE {" AND ".join(_conditions(source, asked, after))}
         ORDER BY {source.at} DESC, {source.number} DESC LIMIT %(limit)s)
    """  # noqa: S608


def _conditions(source: Source, asked: Asked, after: Place | None) -> Iterator[str]:
    yield source.only
    asks = {
        "kind": f"{source.kind} = %(kind)s",
        "object": f"({source.object})::text = %(object)s",
        "who": f"{source.by} = %(who)s",
        "since": f"{source.at} >= %(since)s",
        "until": f"{source.at} < %(until)s",
        "words": (
            f"(({source.object})::text = %(words)s OR ({source.label})::text ILIKE %(pattern)s)"
        ),
    }
    yield from (asks[name] for name, word in asked._asdict().items() if name in asks and word)
    if source.action == BY_TRIGGER:
        yield _of_action(asked.action)
    if after is not None:
        # The first half is for the index, the second for what happened at the same moment.
        yield f"{source.at} <= %(after_at)s"
        yield (
            f"({source.at}, '{source.table}'::text, {source.number})"
            " < (%(after_at)s, %(after_table)s, %(after_number)s)"
        )


def _of_action(action: str | None) -> str:
    if action is None:
        return f"e.pgh_label <> '{FOUND}'"
    return "e.pgh_label LIKE '%% renewed'" if action == RENEWED else "e.pgh_label = %(action)s"


def _deed(row: tuple[Any, ...]) -> Deed:
    deed = Deed(*row)
    deed = deed._replace(before=_state(deed.before), after=_state(deed.after))
    if deed.action in (ADDED, FOUND):
        return deed._replace(before=None)
    return deed._replace(before=deed.after, after=None) if deed.action == REMOVED else deed


def _state(row: Any) -> dict[str, Any] | None:
    if row is None:
        return None
    # Of an expression Django's cursor gives JSON as it came.
    whole: dict[str, Any] = row if isinstance(row, dict) else loads(row)
    return {
        name: value
        for name, value in whole.items()
        if name not in OWN_COLUMNS and not name.startswith("pgh_")
    }
