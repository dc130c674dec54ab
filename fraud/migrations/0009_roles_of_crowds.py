"""Who may see and keep the lists of identifiers that link nobody.

Django makes permissions after the last migration, and roles are made of them, so that they are
made here first. Safe to repeat; what a role was given by hand, it keeps.
"""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

READS = ("view_crowdedidentifier", "view_meaninglessidentifier")
ROLES = {
    "Read only": READS,
    "Fraud analyst": READS,
    "Senior fraud analyst": (
        *READS,
        "add_meaninglessidentifier",
        "delete_meaninglessidentifier",
    ),
    "Program manager": READS,
}


def make_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    fraud = apps.get_app_config("fraud")
    # Of the apps as they are at this point, models and all, Django makes none otherwise.
    fraud.models_module = True  # type: ignore[assignment]
    create_permissions(fraud, apps=apps, verbosity=0, using=alias)
    fraud.models_module = None
    groups = apps.get_model("auth", "Group").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    known = {each.codename: each for each in permissions.filter(content_type__app_label="fraud")}
    for name, allowed in ROLES.items():
        role, _ = groups.get_or_create(name=name)
        role.permissions.add(*(known[permission] for permission in allowed))


class Migration(migrations.Migration):
    dependencies = [("fraud", "0008_crowds_and_meaningless_values")]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
