"""Django's view of this package."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.urls import register_converter
from django.utils.translation import gettext_lazy as _


class DoorsConfig(AppConfig):
    """Registers the OpenAPI extensions and the path converter before any URL is read."""

    name = "doors"
    verbose_name = _("API access")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import doors.api.openapi  # noqa: F401 (an extension exists once it is imported)
        from doors import checks
        from doors.api.paths import PathId

        register(checks.secrets_are_secret, Tags.security)
        register(checks.hosts_are_named, Tags.security)
        register(checks.people_need_a_second_factor, Tags.security, deploy=True)
        register(checks.no_demo_client, Tags.database, deploy=True)
        register_converter(PathId, "client_id")
