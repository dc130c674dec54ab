"""Where the trail is kept, table by table: **what is tracked anew gets its line here**.

Each source says in SQL what an auditor asks of a row: what it is about, what that is called, what
it was and what it became. All answer in the same columns, newest first, and each is cut before
they are merged.
"""

from typing import NamedTuple

# What a trigger calls what was done.
BY_TRIGGER = "e.pgh_label"

# Of a table that is about several kinds of things, each row says which.
BY_ROW = "e.kind"

# Each step that nobody but the machine takes; the trail is of persons' steps.
_MACHINES = "'screen', 'clock', 'anomalies'"

_NAME_OF_USER = """
    (SELECT u.username FROM doors_userevent u WHERE u.pgh_obj_id = e.user_id
     ORDER BY u.pgh_id DESC LIMIT 1)
"""
_NAME_OF_ROLE = """
    (SELECT g.name FROM doors_groupevent g WHERE g.pgh_obj_id = e.group_id
     ORDER BY g.pgh_id DESC LIMIT 1)
"""
_PERMISSION = """
    coalesce((SELECT c.app_label || '.' || p.codename FROM auth_permission p
        JOIN django_content_type c ON c.id = p.content_type_id WHERE p.id = e.permission_id),
        e.permission_id::text)
"""
_SUBSCRIBER = "(SELECT s.external_id FROM accounts_subscriber s WHERE s.id = e.subscriber_id)"
_IDENTIFIER = """
    (SELECT i.kind || ' ' || left(encode(i.digest, 'hex'), 10) FROM accounts_identifier i
     WHERE i.id = e.identifier_id)
"""
_EXPORTED = """
    coalesce(CASE e.kind WHEN 'statement' THEN
        (SELECT s.external_id FROM accounts_subscriber s WHERE s.id = e.key::bigint) END, e.file)
"""
_TIMES = """
    (SELECT concat_ws(' ', c.minute, c.hour, c.day_of_month, c.month_of_year, c.day_of_week)
     FROM django_celery_beat_crontabschedule c WHERE c.id = {row}.crontab_id)
"""


class Source(NamedTuple):
    """A table of the trail; SQL over its row `e`.

    Attributes:
        kind: what people call what it is about.
        object: its id, among those of its kind.
        label: what tells people which one it is.
        key: its id in the admin's addresses.
        was: its state before, as JSON; so `became`.
        only: which rows belong to the trail.
    """

    table: str
    kind: str
    object: str
    label: str
    key: str
    at: str
    number: str
    action: str
    by: str
    reason: str
    page: str
    request: str
    program: str
    role: str
    was: str
    became: str
    only: str = "true"


def recorded(
    table: str, kind: str, label: str, *, about: str = "e.pgh_obj_id", state: str = ""
) -> Source:
    """A table that triggers write (`trail.tracking`).

    Args:
        state: what else belongs to a state, as JSON over its `{row}`; it wins.
    """
    became = f"to_jsonb(e) || {state.format(row='e')}" if state else "to_jsonb(e)"
    before = f"to_jsonb(b) || {state.format(row='b')}" if state else "to_jsonb(b)"
    was = f"""
        (SELECT {before} FROM {table} b
         WHERE b.pgh_obj_id = e.pgh_obj_id AND b.pgh_id < e.pgh_id
         ORDER BY b.pgh_id DESC LIMIT 1)
    """  # noqa: S608
    return _by_trigger(table, kind, about, label, was=was, became=became)


def linked(table: str, kind: str, about: str, label: str, *, what: str, called: str) -> Source:
    """A table of links that triggers write: what was given to an object, or taken from it."""
    state = f"jsonb_build_object('{what}', {called})"
    return _by_trigger(table, kind, about, label, was=state, became=state)


def _by_trigger(table: str, kind: str, about: str, label: str, *, was: str, became: str) -> Source:
    return Source(
        table,
        f"'{kind}'",
        about,
        label,
        key=about,
        at="e.pgh_created_at",
        number="e.pgh_id",
        action=BY_TRIGGER,
        by="coalesce(e.pgh_context ->> 'by', '')",
        reason="coalesce(e.pgh_context ->> 'reason', '')",
        page="coalesce(e.pgh_context ->> 'page', '')",
        request="coalesce(e.pgh_context ->> 'request', '')",
        program="e.pgh_program",
        role="e.pgh_role",
        was=was,
        became=became,
    )


def stepped(
    table: str,
    kind: str,
    about: str,
    label: str,
    *,
    at: str,
    by: str,
    action: str,
    was: str,
    became: str,
    key: str = "",
    reason: str = "e.reason",
    only: str = "true",
) -> Source:
    """A table of steps that verbs write."""
    return Source(
        table,
        kind,
        about,
        label,
        key=key or about,
        at=at,
        number="e.id",
        action=action,
        by=by,
        reason=reason,
        page="''",
        request="''",
        program="''",
        role="''",
        was=was,
        became=became,
        only=only,
    )


SOURCES: tuple[Source, ...] = (
    recorded("loyalty_termsversionevent", "terms", "e.number"),
    recorded("fraud_rulesetversionevent", "rule_set", "e.number"),
    recorded("fraud_blockedidentifierevent", "block", _IDENTIFIER),
    recorded("fraud_meaninglessidentifierevent", "meaningless", _IDENTIFIER),
    recorded("fraud_subscriberstandingevent", "standing", _SUBSCRIBER),
    recorded("fraud_rulesnoozeevent", "silenced_rule", f"e.rule || ', ' || {_SUBSCRIBER}"),
    recorded("doors_userevent", "user", "e.username"),
    linked(
        "doors_usergroupevent", "user", "e.user_id", _NAME_OF_USER,
        what="role", called=_NAME_OF_ROLE,
    ),
    linked(
        "doors_userpermissionevent", "user", "e.user_id", _NAME_OF_USER,
        what="permission", called=_PERMISSION,
    ),
    recorded("doors_secondfactorevent", "second_factor", _NAME_OF_USER),
    recorded("doors_groupevent", "role", "e.name"),
    linked(
        "doors_grouppermissionevent", "role", "e.group_id", _NAME_OF_ROLE,
        what="permission", called=_PERMISSION,
    ),
    recorded("doors_clientevent", "client", "e.name"),
    recorded("doors_clientgroupevent", "client_group", "e.name"),
    recorded("outbox_endpointevent", "webhook", "e.webhook_id"),
    recorded(
        "doors_periodictaskevent", "task", "e.name",
        state=f"jsonb_build_object('crontab', {_TIMES}) - 'crontab_id'",
    ),
    recorded(
        "doors_crontabscheduleevent", "schedule",
        "concat_ws(' ', e.minute, e.hour, e.day_of_month, e.month_of_year, e.day_of_week)",
    ),
    recorded("doors_intervalscheduleevent", "interval", "e.every || ' ' || e.period"),
    recorded("doors_clockedscheduleevent", "clocked", "e.clocked_time"),
    stepped(
        "loyalty_gatechange", "e.subject_type", "e.subject_id", _SUBSCRIBER,
        key="CASE e.subject_type WHEN 'redemption' THEN"
        " (SELECT r.id::text FROM loyalty_redemption r WHERE r.redemption_id = e.subject_id)"
        " ELSE e.subject_id END",
        at="e.changed_at",
        by="e.changed_by",
        action="e.step",
        was="jsonb_build_object('status', e.before)",
        became="jsonb_build_object('status', e.after) || (e.details - 'reasons')",
        # As the index of persons' steps has it.
        only="NOT (e.changed_by IN ('screen', 'clock'))",
    ),
    stepped(
        "fraud_caseevent", "'case'", "e.case_id", "e.case_id",
        at="e.at",
        by="e.by",
        action="e.step",
        was="e.before",
        became="e.after",
        only=f"e.by NOT IN ({_MACHINES})",
    ),
    stepped(
        "accounts_personalaccess", "'subscriber'", "e.subscriber_id", _SUBSCRIBER,
        at="e.seen_at",
        by="e.seen_by",
        action="'look'",
        was="NULL::jsonb",
        became="jsonb_build_object('what', e.what)",
    ),
    stepped(
        "accounts_erasure", "'subscriber'", "e.subscriber_id", _SUBSCRIBER,
        at="e.erased_at",
        by="e.erased_by",
        action="'erase'",
        reason="e.basis",
        was="NULL::jsonb",
        became="jsonb_build_object('deleted', e.deleted, 'kept', e.kept)",
    ),
    stepped(
        "imports_import", "'import'", "e.id", "e.import_id",
        at="e.created_at",
        by="e.created_by",
        action="'import'",
        reason="''",
        was="NULL::jsonb",
        became="jsonb_build_object('kind', e.kind, 'format', e.format, 'bytes', e.bytes)",
    ),
    stepped(
        "doors_export", BY_ROW, "e.key", _EXPORTED, key="e.key",
        at="e.exported_at",
        by="e.exported_by",
        action="'export'",
        reason="''",
        was="NULL::jsonb",
        became="jsonb_build_object('file', e.file, 'asked', e.asked)",
    )._replace(page="e.page", request="e.request"),
)  # fmt: skip
