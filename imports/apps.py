"""Imports, as Django knows them."""

from contextlib import suppress

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "imports"
    verbose_name = _("Imports")

    def ready(self) -> None:
        """Make the directory in which Django keeps what a person sends while it arrives."""
        from imports.operations import make_directory

        # Where it can't be made, Django's check of FILE_UPLOAD_TEMP_DIR says so.
        with suppress(OSError):
            make_directory()
