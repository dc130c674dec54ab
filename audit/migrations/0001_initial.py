"""Every trail begins with how things stand, is only added to, and is read by those who may."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

EVENTS = {
    "doors": (
        "ClientEvent",
        "ClockedScheduleEvent",
        "CrontabScheduleEvent",
        "GroupEvent",
        "GroupPermissionEvent",
        "IntervalScheduleEvent",
        "PeriodicTaskEvent",
        "UserEvent",
        "UserGroupEvent",
        "UserPermissionEvent",
    ),
    "fraud": (
        "BlockedIdentifierEvent",
        "RuleSetVersionEvent",
        "RuleSnoozeEvent",
        "SubscriberStandingEvent",
    ),
    "loyalty": ("TermsVersionEvent",),
}
ROLES = ("Program manager", "Read only")

TRIGGER = """
CREATE TRIGGER {table}_is_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_refuse_change();
"""

# What was made before its trail would else have no "before" when it is first changed.
FOUND = """
INSERT INTO {table} ({columns}, pgh_label, pgh_created_at, pgh_obj_id)
SELECT {columns}, 'found', clock_timestamp(), {key} FROM {tracked} t
WHERE NOT EXISTS (SELECT FROM {table} e WHERE e.pgh_obj_id = t.{key})
"""


def begin_trails(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    quote = schema_editor.quote_name
    for app, names in EVENTS.items():
        for name in names:
            event = apps.get_model(app, name)
            tracked = event._meta.get_field("pgh_obj").related_model
            columns = [
                quote(field.column)
                for field in event._meta.concrete_fields
                if not field.name.startswith("pgh_")
            ]
            schema_editor.execute(
                FOUND.format(
                    table=event._meta.db_table,
                    columns=", ".join(columns),
                    tracked=tracked._meta.db_table,
                    key=quote(tracked._meta.pk.column),
                )
            )


def let_auditors_read(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    app_config = apps.get_app_config("audit")
    # Of an app as it is at this point, Django makes no permissions otherwise.
    app_config.models_module = True  # type: ignore[assignment]
    create_permissions(app_config, apps=apps, verbosity=0, using=alias)
    app_config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    may_read = permissions.get(content_type__app_label="audit", codename="view_trail")
    for role in apps.get_model("auth", "Group").objects.using(alias).filter(name__in=ROLES):
        role.permissions.add(may_read)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("doors", "0003_the_trail_of_changes"),
        ("fraud", "0006_the_trail_of_changes"),
        ("loyalty", "0011_the_trail_of_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Trail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
            options={
                "permissions": [("view_trail", "Can read the audit trail")],
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.RunPython(begin_trails, migrations.RunPython.noop),
        *(
            migrations.RunSQL(
                TRIGGER.format(table=table), f"DROP TRIGGER {table}_is_append_only ON {table}"
            )
            for table in (f"{app}_{name.lower()}" for app in EVENTS for name in EVENTS[app])
        ),
        migrations.RunPython(let_auditors_read, migrations.RunPython.noop),
    ]
