"""Django's view of this package."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.urls import register_converter
from django.utils.translation import gettext_lazy as _

# Rows whose names are words with a number; what is called by an id alone stays as it is.
_TOLD = (
    ("auth", "Group"),
    ("fraud", "Assessment"),
    ("fraud", "BlockedIdentifier"),
    ("fraud", "Case"),
    ("fraud", "CrowdedIdentifier"),
    ("fraud", "MeaninglessIdentifier"),
    ("fraud", "RuleSetVersion"),
    ("fraud", "RuleSnooze"),
    ("fraud", "Trial"),
    ("loyalty", "Instalment"),
    ("loyalty", "Payout"),
    ("loyalty", "Redemption"),
    ("loyalty", "TermsVersion"),
    ("referrals", "Referral"),
)


class DoorsConfig(AppConfig):
    """Registers the OpenAPI extensions and the path converter before any URL is read."""

    name = "doors"
    verbose_name = _("API access")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.apps import apps

        import doors.api.openapi  # noqa: F401 (an extension exists once it is imported)
        from doors import checks
        from doors.api.paths import PathId
        from doors.names import make_translatable, tell_in_words

        register(checks.secrets_are_secret, Tags.security)
        register(checks.hosts_are_named, Tags.security)
        register(checks.the_database_may_not_forget, Tags.security)
        register(checks.test_ranges_are_beginnings_of_numbers, Tags.security)
        register(checks.people_need_a_second_factor, Tags.security, deploy=True)
        register(checks.no_demo_client, Tags.database, deploy=True)
        register_converter(PathId, "client_id")
        make_translatable(apps.get_models())
        tell_in_words(apps.get_app_config(name).get_model(row) for name, row in _TOLD)
