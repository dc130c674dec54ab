"""People who use the admin, and their groups."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from doors.admin.history import HistoryInTrail
from doors.admin.theme import column
from doors.translation import translated

if TYPE_CHECKING:
    ThemedUserAdmin = UserAdmin[User]
    ThemedGroupAdmin = GroupAdmin
else:
    from unfold.admin import ModelAdmin

    class ThemedUserAdmin(UserAdmin, ModelAdmin):
        """Django's admin of users, themed."""

    class ThemedGroupAdmin(GroupAdmin, ModelAdmin):
        """Django's admin of groups, themed."""


def _in_words(field: Any) -> Any:
    """A field of permissions whose choices are told in the reader's language."""
    field.label_from_instance = _permission_in_words
    return field


def _permission_in_words(permission: Permission) -> str:
    table = permission.content_type
    app = table.app_labeled_name.partition(" | ")[0]
    return f"{app} | {translated(table.name)} | {translated(permission.name)}"


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class PeopleAdmin(HistoryInTrail, ThemedUserAdmin):
    """Users; only a superuser makes superusers, grants single permissions or edits superusers."""

    trail_kind = "user"
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    compressed_fields = True
    list_filter_submit = True

    def formfield_for_manytomany(self, db_field: Any, request: Any, **given: Any) -> Any:
        """Return the field, permissions in words."""
        field = super().formfield_for_manytomany(db_field, request, **given)
        return _in_words(field) if db_field.name == "user_permissions" else field

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Return what stays as it is: what people did is recorded under their names."""
        fixed = ["last_login", "date_joined"]
        if obj is not None:
            fixed.append("username")
        if not _is_superuser(request):
            fixed += ["is_superuser", "user_permissions"]
        return tuple(fixed)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Return whether this user may be changed."""
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Return whether this user may be deleted."""
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return no bulk deletion: it would not ask whose turn it is."""
        return {}


@admin.register(Group)
class GroupsAdmin(HistoryInTrail, ThemedGroupAdmin):
    """Roles: named sets of permissions."""

    trail_kind = "role"

    list_display = ("role",)

    @column(description=_("Role"), ordering="name")
    def role(self, group: Group) -> str:
        """Return what the role is called."""
        return translated(group.name)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return no bulk deletion: each role is deleted by itself."""
        return {}

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """Return the field, permissions in words."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        return _in_words(field) if db_field.name == "permissions" else field

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Return whether roles may be changed: whoever can is as good as a superuser."""
        return _is_superuser(request) and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether roles may be added."""
        return _is_superuser(request) and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Return whether roles may be deleted."""
        return _is_superuser(request) and super().has_delete_permission(request, obj)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _may_touch(request: HttpRequest, obj: User | None) -> bool:
    return obj is None or not obj.is_superuser or _is_superuser(request)
