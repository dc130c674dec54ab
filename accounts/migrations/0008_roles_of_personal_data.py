"""Who may see, export and erase personal data: a role of its own, and two that see more.

Django makes permissions after the last migration, and roles are made of them, so that they are
made here first. Safe to repeat; what a role was given by hand, it keeps.
"""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PROTECTS = (
    "erase_subscriber",
    "export_subscriber",
    "read_personal",
    "unmask_subscriber",
    "view_erasure",
    "view_personalaccess",
    "view_subscriber",
)
ROLES = {
    "Fraud analyst": ("unmask_subscriber",),
    "Senior fraud analyst": ("read_personal", "unmask_subscriber"),
    "Data protection officer": PROTECTS,
}


def make_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    accounts = apps.get_app_config("accounts")
    # Of the apps as they are at this point, models and all, Django makes none otherwise.
    accounts.models_module = True  # type: ignore[assignment]
    create_permissions(accounts, apps=apps, verbosity=0, using=alias)
    accounts.models_module = None
    groups = apps.get_model("auth", "Group").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    ours = permissions.filter(content_type__app_label="accounts")
    known = {each.codename: each for each in ours}
    for name, allowed in ROLES.items():
        role, _ = groups.get_or_create(name=name)
        role.permissions.add(*(known[permission] for permission in allowed))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_no_birth_date_outside_the_vault"),
        ("fraud", "0003_roles"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
