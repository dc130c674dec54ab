"""Filters of the list of subscribers."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from accounts.models import Identifier, Subscriber
from accounts.queries.identifiers import values_in_use
from doors.admin.theme import ModelAdmin

Subscribers = QuerySet[Subscriber]


class _ValueInUse(DropdownFilter):  # type: ignore[misc]
    """One of the values that subscribers have in a column."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        values = list(values_in_use(column=self.parameter_name))
        chosen = self.value()
        if chosen and chosen not in values:
            values.append(chosen)
        return [(value, value) for value in values if value]

    def queryset(self, request: HttpRequest, queryset: Subscribers) -> Subscribers:
        chosen = self.value()
        return queryset.filter(**{self.parameter_name: chosen}) if chosen else queryset


class PlanFilter(_ValueInUse):
    """Subscribers of one plan."""

    title = _("plan")
    parameter_name = "plan"


class RegionFilter(_ValueInUse):
    """Subscribers of one region."""

    title = _("region")
    parameter_name = "region"


class VerificationFilter(DropdownFilter):  # type: ignore[misc]
    """What the operator has verified of a subscriber."""

    title = _("verification")
    parameter_name = "verified"

    _CONDITIONS = {
        "both": {"phone_verified": True, "identity_verified": True},
        "phone": {"phone_verified": True, "identity_verified": False},
        "identity": {"phone_verified": False, "identity_verified": True},
        "neither": {"phone_verified": False, "identity_verified": False},
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [
            ("both", _("phone and identity")),
            ("phone", _("phone only")),
            ("identity", _("identity only")),
            ("neither", _("nothing")),
        ]

    def queryset(self, request: HttpRequest, queryset: Subscribers) -> Subscribers:
        """Return those who are verified so."""
        return queryset.filter(**self._CONDITIONS.get(self.value() or "", {}))


class IdentifierFilter(SimpleListFilter):
    """Everyone seen with one identifier; it appears once such a link was followed."""

    title = _("identifier")
    parameter_name = "identifier"

    def __init__(
        self,
        request: HttpRequest,
        params: dict[str, list[str]],
        model: type[Any],
        model_admin: ModelAdmin[Any],
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self.found = identifier_asked(self.value() or "")

    def has_output(self) -> bool:
        """Return whether somebody asked for an identifier."""
        return self.value() is not None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the identifier asked for, masked."""
        key = str(request.GET.get(self.parameter_name, ""))
        return [(key, str(identifier_asked(key) or _("unknown")))]

    def queryset(self, request: HttpRequest, queryset: Subscribers) -> Subscribers:
        """Return who was seen with it."""
        if self.value() is None:
            return queryset
        if self.found is None:
            return queryset.none()
        return queryset.filter(identifier_uses__identifier=self.found)


def identifier_asked(key: str) -> Identifier | None:
    """The identifier that an address asks for by its key; None if there is no such one."""
    # Eighteen digits hold every key.
    if not (key.isascii() and key.isdecimal() and len(key) < 19):
        return None
    return Identifier.objects.filter(pk=key).first()
