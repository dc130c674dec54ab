"""Every change of what people change is kept, whatever makes it, and secrets aren't."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pghistory.models
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.db import connection, transaction
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
)
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import Identifier, Subscriber
from audit.queries.sources import BY_TRIGGER, SOURCES
from audit.queries.trail import Asked, Deed, deeds
from doors.clients import register_client
from doors.models import Client, ClientGroup
from doors.owned import OwnedKind
from doors.second_factors import begin_enrolment, device_opened_by, remove_second_factor
from fraud.models import BlockedIdentifier, RuleSnooze
from fraud.operations.block_identifiers import block_identifiers, lift_blocks
from fraud.operations.change_rule_sets import draft_rules
from fraud.operations.declare_meaningless import declare_meaningless
from fraud.operations.set_standings import set_standings
from loyalty.operations.change_terms import draft_terms, propose_terms
from outbox.operations.register_endpoints import register_endpoint
from tests.books import rows
from tests.factories import register
from tests.reading import terms_read
from trail.acting import acting

pytestmark = pytest.mark.django_db

# By tracked table, a column and another value for it.
CHANGES = {
    "auth_group": "name = 'Others'",
    "auth_group_permissions": "permission_id = permission_id + 1",
    "auth_user": "email = 'new@example.com'",
    "auth_user_groups": "group_id = (SELECT min(id) FROM auth_group)",
    "auth_user_user_permissions": "permission_id = permission_id + 1",
    "django_celery_beat_clockedschedule": "clocked_time = now()",
    "django_celery_beat_crontabschedule": "hour = '23'",
    "django_celery_beat_intervalschedule": "every = 77",
    "django_celery_beat_periodictask": "enabled = NOT enabled",
    "doors_client": "is_enabled = NOT is_enabled",
    "doors_clientgroup": "name = 'another'",
    "fraud_blockedidentifier": "reason = 'another'",
    "fraud_meaninglessidentifier": "reason = 'another'",
    "fraud_rulesetversion": "note = 'another'",
    "fraud_rulesnooze": "reason = 'another'",
    "fraud_subscriberstanding": "reason = 'another'",
    "loyalty_termsversion": "note = 'another'",
    "otp_totp_totpdevice": "confirmed = NOT confirmed",
    "outbox_endpoint": "description = 'another'",
}

KEYS = {
    "fraud_rulesetversion": "number",
    "fraud_subscriberstanding": "subscriber_id",
    "loyalty_termsversion": "number",
}
# What goes first when a row goes.
HANGING_ON = {
    "auth_group": ("auth_user_groups", "auth_group_permissions"),
    "auth_user": ("auth_user_groups", "auth_user_user_permissions", "otp_totp_totpdevice"),
    "django_celery_beat_crontabschedule": ("django_celery_beat_periodictask",),
    "outbox_endpoint": ("outbox_endpointstep",),
}


@pytest.fixture
def one_of_each(now: datetime) -> None:
    """A row of every tracked table that may still change."""
    user = User.objects.create_user("zoe", password="p")
    role = Group.objects.create(name="Zoo keepers")
    permission = Permission.objects.earliest("pk")
    user.groups.add(role)
    user.user_permissions.add(permission)
    role.permissions.add(permission)
    begin_enrolment(user=user)
    register_client(name="crm", scopes=[])
    ClientGroup.objects.create(name="branches", kinds=[OwnedKind.IMPORTS])
    crontab = CrontabSchedule.objects.create(hour="1")
    IntervalSchedule.objects.create(every=5, period="days")
    ClockedSchedule.objects.create(clocked_time=now)
    PeriodicTask.objects.create(name="feed", task="t", crontab=crontab)
    draft_terms(content={}, note="n", by="maker")
    draft_rules(content={}, note="n", by="maker")
    register("subscriber", now=now)
    anna = Subscriber.objects.get(external_id="subscriber").pk
    set_standings(subscriber_ids=[anna], standing="watched", reason="x", by="ann", now=now)
    ids = [Identifier.objects.earliest("pk").pk]
    block_identifiers(identifier_ids=ids, reason="x", source="test", by="ann", now=now)
    declare_meaningless(identifier_ids=ids, reason="x", by="ann", now=now)
    RuleSnooze.objects.create(
        subscriber_id=anna, rule="household", until=now + timedelta(days=1), reason="x",
        set_at=now, set_by="ann",
    )  # fmt: skip
    register_endpoint(
        webhook_id="crm", url="https://crm.example.com/hooks", description="", names=[], by="ann",
        now=now,
    )  # fmt: skip


def event_models() -> Iterator[Any]:
    for model in apps.get_models():
        if issubclass(model, pghistory.models.Event) and model._meta.managed:
            yield model


def tracked_tables() -> dict[str, str]:
    """By table, that of its events."""
    return {
        model.pgh_tracked_model._meta.db_table: model._meta.db_table for model in event_models()
    }


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def events(table: str) -> list[dict[str, Any]]:
    return rows(f"SELECT * FROM {table} ORDER BY pgh_id")  # noqa: S608


def last(**asked: Any) -> Deed:
    return deeds(Asked(**asked), limit=1)[0]


def test_what_is_tracked_is_guarded_and_part_of_the_trail() -> None:
    tables = set(tracked_tables().values())
    assert tables <= set(settings.APPEND_ONLY_TABLES)
    assert tables == {source.table for source in SOURCES if source.action == BY_TRIGGER}
    assert set(tracked_tables()) == set(CHANGES)


def test_no_other_table_pays_for_it() -> None:
    found = rows(
        "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE t.tgname LIKE 'pgtrigger_%%'"
    )
    assert {row["relname"] for row in found} == set(tracked_tables())


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("table", CHANGES)
def test_sql_by_hand_is_recorded(table: str) -> None:
    kept, key = tracked_tables()[table], "pgh_obj_id"
    [row] = rows(f"SELECT * FROM {kept} ORDER BY pgh_id DESC LIMIT 1")  # noqa: S608
    assert row["pgh_label"] == "added"
    with acting(by="ann", reason="tidying up"):
        run(f"UPDATE {table} SET {CHANGES[table]} WHERE {KEYS.get(table, 'id')} = {row[key]}")  # noqa: S608
    after = events(kept)[-1]
    assert (after["pgh_label"], after[key]) == ("changed", row[key])
    assert after["pgh_context"] == '{"by": "ann", "reason": "tidying up"}'
    assert (after["pgh_program"], after["pgh_role"]) == (
        connection.settings_dict["OPTIONS"]["application_name"],
        connection.settings_dict["USER"],
    )


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("table", CHANGES)
def test_a_deletion_is_recorded_with_what_was_there(table: str) -> None:
    kept = tracked_tables()[table]
    before = events(kept)[-1]
    for hanging in HANGING_ON.get(table, ()):
        run(f"DELETE FROM {hanging}")  # noqa: S608
    with acting(by="ann"):
        run(f"DELETE FROM {table} WHERE {KEYS.get(table, 'id')} = {before['pgh_obj_id']}")  # noqa: S608
    after = events(kept)[-1]
    assert after["pgh_label"] == "removed"
    assert after["pgh_context"] == '{"by": "ann"}'
    same = {name for name in before if not name.startswith("pgh_")}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("tracked", CHANGES)
@pytest.mark.parametrize(
    "statement", ["UPDATE {0} SET pgh_context = '{{}}'", "DELETE FROM {0}", "TRUNCATE {0}"]
)
def test_the_trail_is_only_added_to(tracked: str, statement: str) -> None:
    table = tracked_tables()[tracked]
    before = events(table)
    assert before
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        run(statement.format(table))
    assert events(table) == before


def test_bulk_changes_are_recorded_one_by_one(now: datetime) -> None:
    User.objects.bulk_create([User(username=f"u{n}") for n in range(3)])
    with acting(by="ann", reason="left the company"):
        User.objects.filter(username__startswith="u").update(is_active=False)
    found = deeds(Asked(who="ann"))
    assert [(deed.label, deed.action, deed.reason) for deed in found] == [
        (name, "changed", "left the company") for name in ("u2", "u1", "u0")
    ]


def test_a_password_is_never_kept_and_its_change_is() -> None:
    user = User.objects.create_user("zoe", password="first secret")
    with acting(by="ann"):
        user.set_password("second secret")
        user.save()
    assert last(kind="user").action == "password renewed"
    [first, *_] = kept = events("doors_userevent")
    assert "password" not in first
    assert user.password not in str(kept)
    assert "pbkdf2" not in str(kept)


def test_a_second_factor_comes_and_goes_in_the_trail_and_its_key_and_codes_do_not() -> None:
    user = User.objects.create_user("zoe", password="p")
    device = begin_enrolment(user=user)
    device_opened_by(user=user, code="000000")
    TOTPDevice.objects.update(confirmed=True)
    device_opened_by(user=user, code="000000")
    with acting(by="ann", reason="lost her phone"):
        remove_second_factor(user=user)
    found = deeds(Asked(kind="second_factor"))
    assert [(deed.action, deed.label) for deed in found] == [
        ("removed", "zoe"), ("changed", "zoe"), ("added", "zoe"),
    ]  # fmt: skip
    assert (found[0].by, found[0].reason) == ("ann", "lost her phone")
    assert device.key not in str(events("doors_secondfactorevent"))


def test_a_clients_secret_is_never_kept_and_its_renewal_is() -> None:
    register_client(name="crm", scopes=[])
    client, secret = register_client(name="crm", scopes=[])
    assert last(kind="client").action == "client_secret renewed"
    kept = str(events("doors_clientevent"))
    assert "client_secret" not in events("doors_clientevent")[0]
    assert secret not in kept
    assert Client.objects.get(pk=client.pk).client_secret not in kept


def test_a_login_and_a_run_of_the_clock_are_no_changes(now: datetime) -> None:
    user = User.objects.create_user("zoe", password="p")
    crontab = CrontabSchedule.objects.create(hour="1")
    task = PeriodicTask.objects.create(name="feed", task="t", crontab=crontab)
    before = len(deeds(Asked(), limit=1000))
    user.last_login = now
    user.save()
    task.last_run_at, task.total_run_count = now, 7
    task.save()
    assert len(deeds(Asked(), limit=1000)) == before


def test_the_verbs_say_who_and_why_whoever_calls_them(now: datetime) -> None:
    register("subscriber", now=now)
    anna = Subscriber.objects.get(external_id="subscriber").pk
    set_standings(subscriber_ids=[anna], standing="blocked", reason="a ring", by="ann", now=now)
    deed = last(kind="standing")
    assert (deed.by, deed.reason, deed.label) == ("ann", "a ring", "subscriber")

    ids = [Identifier.objects.earliest("pk").pk]
    block_identifiers(identifier_ids=ids, reason="a ring", source="x", by="ben", now=now)
    assert (last(kind="block").by, last(kind="block").reason) == ("ben", "a ring")
    lift_blocks(block_ids=[BlockedIdentifier.objects.get().pk], reason="sold", by="cid", now=now)
    assert (last(kind="block").by, last(kind="block").reason) == ("cid", "sold")

    number = draft_terms(content={}, note="cheaper", by="maker").number
    assert last(kind="terms").reason == "cheaper"
    propose_terms(number=number, by="dan", now=now, digest=terms_read(number, now=now))
    assert (last(kind="terms").by, last(kind="terms").reason) == ("dan", "")


def test_nobodys_words_are_left_to_whoever_comes_next() -> None:
    with acting(by="ann", reason="outer"):
        Group.objects.create(name="a")
        with acting(reason="inner"):
            Group.objects.create(name="b")
        Group.objects.create(name="c")
    run("INSERT INTO auth_group (name) VALUES ('d')")
    found = {deed.label: (deed.by, deed.reason) for deed in deeds(Asked(kind="role"), limit=4)}
    assert found == {
        "a": ("ann", "outer"),
        "b": ("ann", "inner"),
        "c": ("ann", "outer"),
        "d": ("", ""),
    }


def test_a_failure_takes_its_words_along() -> None:
    with acting(by="ann"):
        with pytest.raises(ZeroDivisionError), acting(reason="inner"):
            1 / 0  # noqa: B018
        Group.objects.create(name="a")
    assert last(kind="role").reason == ""


def test_how_things_stood_at_the_beginning_is_the_first_state() -> None:
    found = deeds(Asked(kind="role", action="found"))
    assert "Program manager" in {deed.label for deed in found}
    run("UPDATE auth_group SET name = 'Managers' WHERE name = 'Program manager'")
    changed = last(kind="role", action="changed")
    assert changed.before == {"name": "Program manager"}
    assert changed.after == {"name": "Managers"}
