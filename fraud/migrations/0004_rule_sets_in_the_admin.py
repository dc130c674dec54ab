"""What the admin's pages of rule sets need: reports of shadows, and managers who draft."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def let_managers_draft(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    manager = apps.get_model("auth", "Group").objects.using(alias).get(name="Program manager")
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    manager.permissions.add(
        permissions.get(content_type__app_label="fraud", codename="change_rulesetversion")
    )


class Migration(migrations.Migration):
    dependencies = [("fraud", "0003_roles")]

    operations = [
        migrations.AddIndex(
            model_name="assessment",
            index=models.Index(
                fields=["rule_set", "assessed_at"],
                condition=models.Q(is_shadow=True),
                name="assessment_in_shadow",
            ),
        ),
        migrations.RunPython(let_managers_draft, migrations.RunPython.noop),
    ]
