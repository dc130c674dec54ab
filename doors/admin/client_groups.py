"""Groups of clients, which share what each of them made."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from doors.admin.history import HistoryInTrail
from doors.admin.theme import ModelAdmin, ModelForm, column
from doors.clients import change_group
from doors.models import Client, ClientGroup
from doors.owned import KIND_NAMES


class _Clients(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Clients, each with the group that it would leave."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the client's name, and its group if it has one."""
        return f"{obj.name} ({obj.group.name})" if obj.group else str(obj.name)


class ClientGroupForm(ModelForm[ClientGroup]):
    """A group: what it is called, what its clients share, and which they are."""

    kinds = forms.MultipleChoiceField(
        label=_("What they share"),
        choices=list(KIND_NAMES.items()),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Each of its clients sees and changes what any of them made of these."),
    )
    clients = _Clients(
        label=_("Clients"),
        queryset=Client.objects.select_related("group").order_by("name"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        required=False,
        help_text=_("A client is in one group at most: it leaves the one in brackets."),
    )

    class Meta:
        model = ClientGroup
        fields = ["name", "kinds"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.initial["clients"] = list(self.instance.clients.values_list("pk", flat=True))


@admin.register(ClientGroup)
class ClientGroupAdmin(HistoryInTrail, ModelAdmin[ClientGroup]):
    """Groups of clients. One is deleted once it has no clients."""

    trail_kind = "client_group"
    form = ClientGroupForm
    actions = None
    list_display = ("name", "shares", "members")
    search_fields = ("name",)
    compressed_fields = True
    fields = ("name", "kinds", "clients")

    @column(description=_("What they share"))
    def shares(self, group: ClientGroup) -> str:
        """Return the kinds of resources, in words."""
        return "; ".join(str(KIND_NAMES[kind]) for kind in group.kinds)

    @column(description=_("Clients"))
    def members(self, group: ClientGroup) -> str:
        """Return the names of its clients."""
        return ", ".join(sorted(client.name for client in group.clients.all())) or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ClientGroup]:
        """Return groups with their clients."""
        return super().get_queryset(request).prefetch_related("clients")

    def save_model(self, request: HttpRequest, obj: ClientGroup, form: Any, change: bool) -> None:
        """Make or change the group by the verb."""
        said = form.cleaned_data
        change_group(
            group=obj, name=said["name"], kinds=said["kinds"], clients=list(said["clients"])
        )
