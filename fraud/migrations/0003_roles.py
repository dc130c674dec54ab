"""The roles of those who look after benefits: analysts, seniors, managers, readers.

Django makes permissions after the last migration, and roles are made of them, so that they are
made here first. Safe to repeat; what a role was given by hand, it keeps.
"""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

OURS = ("accounts", "loyalty", "referrals", "fraud", "imports")

READS = (
    "accounts.view_subscriber",
    "fraud.view_assessment",
    "fraud.view_blockedidentifier",
    "fraud.view_case",
    "fraud.view_rulesetversion",
    "fraud.view_rulesnooze",
    "fraud.view_subscriberstanding",
    "loyalty.view_entry",
    "loyalty.view_payout",
    "loyalty.view_redemption",
    "loyalty.view_termsversion",
    "loyalty.view_wallet",
    "referrals.view_referral",
)
DECIDES = (
    *READS,
    "fraud.decide_case",
    "fraud.unmask_identifiers",
    "loyalty.freeze_payout",
)
ROLES = {
    "Read only": READS,
    "Fraud analyst": DECIDES,
    "Senior fraud analyst": (
        *DECIDES,
        "fraud.add_blockedidentifier",
        "fraud.change_blockedidentifier",
        "fraud.change_rulesetversion",
        "fraud.change_rulesnooze",
        "fraud.change_subscriberstanding",
        "fraud.decide_cases_in_bulk",
        "fraud.escalated_case",
        "loyalty.claw_back_payout",
        "loyalty.decide_payout",
        "loyalty.decide_redemption",
    ),
    "Program manager": (
        *READS,
        "fraud.approve_rulesetversion",
        "imports.add_import",
        "imports.view_import",
        "loyalty.activate_termsversion",
        "loyalty.change_termsversion",
        "loyalty.freeze_payout",
        "loyalty.grant_payout",
    ),
}


def make_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    for app_config in apps.get_app_configs():
        if app_config.label in OURS:
            # Of the apps as they are at this point, models and all, Django makes none otherwise.
            app_config.models_module = True  # type: ignore[assignment]
            create_permissions(app_config, apps=apps, verbosity=0, using=alias)
            app_config.models_module = None
    groups = apps.get_model("auth", "Group").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    known = {
        f"{each.content_type.app_label}.{each.codename}": each
        for each in permissions.filter(content_type__app_label__in=OURS).select_related(
            "content_type"
        )
    }
    for name, allowed in ROLES.items():
        role, _ = groups.get_or_create(name=name)
        role.permissions.add(*(known[permission] for permission in allowed))


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0002_the_first_rule_set"),
        ("accounts", "0004_what_screening_needs"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("imports", "0002_row_errors_are_append_only"),
        ("loyalty", "0007_steps_are_append_only"),
        ("referrals", "0001_initial"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
