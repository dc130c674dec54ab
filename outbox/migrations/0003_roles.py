"""Who sees webhooks, and who manages them; safe to repeat."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

READS = ("view_endpoint", "view_message")
MANAGES = (*READS, "add_endpoint", "change_endpoint")
ROLES = {"Read only": READS, "Program manager": MANAGES}


def extend_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    app_config = apps.get_app_config("outbox")
    # Of the apps as they are at this point, models and all, Django makes none otherwise.
    app_config.models_module = True  # type: ignore[assignment]
    create_permissions(app_config, apps=apps, verbosity=0, using=alias)
    app_config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    for name, allowed in ROLES.items():
        role, _ = apps.get_model("auth", "Group").objects.using(alias).get_or_create(name=name)
        role.permissions.add(
            *permissions.filter(content_type__app_label="outbox", codename__in=allowed)
        )


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0002_webhooks"),
        # The roles themselves are made there.
        ("fraud", "0003_roles"),
    ]

    operations = [migrations.RunPython(extend_roles, migrations.RunPython.noop)]
