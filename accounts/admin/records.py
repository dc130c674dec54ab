"""Who looked at personal data, and who was erased: read-only, like the tables themselves."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Erasure, PersonalAccess
from doors.admin.readonly import ReadOnlyAdmin
from doors.admin.theme import column


@admin.register(PersonalAccess)
class PersonalAccessAdmin(ReadOnlyAdmin[PersonalAccess]):
    """Looks at personal data, the latest first."""

    list_display = ("seen_at", "seen_by", "about", "seen", "reason")
    list_select_related = ("subscriber",)
    ordering = ("-id",)
    search_fields = ("=seen_by",)
    search_help_text = _("Who looked, by their whole name")
    empty_sentence = _("Nobody has looked at personal data yet.")
    fields = ("seen_at", "seen_by", "about", "seen", "reason")
    readonly_fields = ("about", "seen")

    @column(description=_("About"))
    def about(self, look: PersonalAccess) -> str:
        """Return about whom, by the id that they have now."""
        return str(look.subscriber) if look.subscriber_id else str(_("many"))

    @column(description=_("Seen"))
    def seen(self, look: PersonalAccess) -> str:
        """Return what was seen, never its value."""
        return seen_in_words(look.what)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the looks, with the subscribers; some are about none."""
        return super().get_queryset(request).select_related("subscriber")


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin[Erasure]):
    """Erased subscribers, the latest first."""

    list_display = ("erased_at", "erased_by", "number", "basis", "forced_because")
    ordering = ("-id",)
    empty_sentence = _("Nobody was erased yet.")
    fields = (
        "number",
        ("erased_at", "erased_by"),
        "basis",
        "forced_because",
        "deleted",
        "kept",
        "digest",
        "books",
    )
    readonly_fields = ("number", "digest")

    @column(description=_("Internal number"))
    def number(self, erasure: Erasure) -> str:
        """Return the number that the subscriber has in the books."""
        return str(erasure.subscriber_id)

    @column(description=_("SHA-256 of what was deleted"))
    def digest(self, erasure: Erasure) -> str:
        """Return the digest in hexadecimal."""
        return bytes(erasure.content_digest).hex()


def seen_in_words(what: list[Any]) -> str:
    """What was seen: names of fields, and how many identifiers."""
    identifiers = sum(isinstance(each, int) for each in what)
    words = [str(each) for each in what if not isinstance(each, int)]
    if identifiers:
        words[-1] = f"{words[-1]} ({identifiers})"
    return ", ".join(words) or str(_("nothing was known"))
