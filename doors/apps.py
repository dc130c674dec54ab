"""Django's view of this package."""

from django.apps import AppConfig


class DoorsConfig(AppConfig):
    """Registers the OpenAPI extensions, which spectacular finds by import."""

    name = "doors"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import doors.api.openapi  # noqa: F401
