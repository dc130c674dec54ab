"""The clock's schedule, themed; its own admin classes know best how tasks are edited."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    PeriodicTasks,
    SolarSchedule,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from doors.admin.bulk import BulkStep, Given, RowShown, bulk_actions
from doors.admin.history import HistoryInTrail
from doors.admin.theme import column
from doors.moments import moment_shown
from doors.translation import translated
from trail.acting import acting

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
else:
    from unfold.admin import ModelAdmin, TabularInline

_SCHEDULES = (ClockedSchedule, CrontabSchedule, IntervalSchedule, SolarSchedule)

for model in (PeriodicTask, *_SCHEDULES):
    admin.site.unregister(model)


class TaskSelect(UnfoldAdminSelectWidget, beat.TaskSelectWidget):  # type: ignore[misc]
    """The choice among the tasks that the code knows."""


class TaskForm(beat.PeriodicTaskForm):  # type: ignore[misc]
    """A task of the schedule."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Without the permission to change them, these are not fields but text.
        if "task" in self.fields:
            self.fields["task"].widget = UnfoldAdminTextInputWidget()
        if "regtask" in self.fields:
            self.fields["regtask"].widget = TaskSelect()


class TaskTable(beat.PeriodicTaskInline, TabularInline):  # type: ignore[misc, type-arg]
    """The tasks of one schedule."""

    tab = False


@admin.register(PeriodicTask)
class TaskAdmin(HistoryInTrail, beat.PeriodicTaskAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    """What runs when."""

    trail_kind = "task"
    form = TaskForm
    # Its own date hierarchy is by a column that is empty for most tasks.
    date_hierarchy = None
    # Its own template brings a script within the page, which the policy for content refuses.
    change_form_template = None
    list_display = ("called", "enabled", "times", "ran_at", "total_run_count")
    readonly_fields = ("ran_at",)
    fieldsets = (
        (None, {"fields": ("name", "regtask", "task", "enabled", "description")}),
        (
            _("Schedule"),
            {
                "fields": (
                    "interval",
                    "crontab",
                    "clocked",
                    "start_time",
                    "ran_at",
                    "one_off",
                )
            },
        ),
        (_("Arguments"), {"classes": ("collapse",), "fields": ("args", "kwargs")}),
        (
            _("Execution options"),
            {
                "classes": ("collapse",),
                "fields": (
                    "expires",
                    "expire_seconds",
                    "queue",
                    "exchange",
                    "routing_key",
                    "priority",
                    "headers",
                ),
            },
        ),
    )
    list_filter = ("enabled", "one_off")

    @column(description=_("Name"), ordering="name")
    def called(self, task: PeriodicTask) -> str:
        """Return what the task does, in the reader's language."""
        return translated(task.name)

    @column(description=_("Schedule"))
    def times(self, task: PeriodicTask) -> str:
        """Return when it runs."""
        return str(task.scheduler)

    @column(description=_("Last run"), ordering="last_run_at")
    def ran_at(self, task: PeriodicTask) -> str:
        """Return when it ran last; a dash if it has not since it was switched on."""
        return moment_shown(task.last_run_at) if task.last_run_at else "–"

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return switching on and off; each task is deleted by itself, and run by its command."""
        return bulk_actions(request, ENABLE, DISABLE)


def _shown(task: PeriodicTask, is_enabled: bool, becomes: Any) -> RowShown:
    cells = (translated(task.name), _("on") if task.enabled else _("off"))
    if task.enabled == is_enabled:
        return RowShown(cells, _("It stays as it is."), applies=False)
    return RowShown(cells, becomes)


def _enable_shown(task: PeriodicTask, now: datetime) -> RowShown:
    return _shown(task, True, _("The clock runs it again."))


def _disable_shown(task: PeriodicTask, now: datetime) -> RowShown:
    return _shown(task, False, _("The clock does not run it any more."))


def _switch(ids: Sequence[Any], given: Given, **changes: Any) -> int:
    tasks = PeriodicTask.objects.filter(pk__in=ids).exclude(enabled=changes["enabled"])
    with acting(by=given.by, reason=given.reason):
        switched: int = tasks.update(**changes)
    PeriodicTasks.update_changed()
    return switched


def _enable(ids: Sequence[Any], given: Given) -> str:
    switched = _switch(ids, given, enabled=True)
    words = ngettext("%(n)s task is switched on.", "%(n)s tasks are switched on.", switched)
    return words % {"n": switched}


def _disable(ids: Sequence[Any], given: Given) -> str:
    # As the scheduler itself does: a task that is switched on again is not behind its time.
    switched = _switch(ids, given, enabled=False, last_run_at=None)
    words = ngettext("%(n)s task is switched off.", "%(n)s tasks are switched off.", switched)
    return words % {"n": switched}


_CHANGE = "django_celery_beat.change_periodictask"
ENABLE = BulkStep(
    "enable",
    _("Switch on"),
    _("Switch tasks on"),
    _("The clock runs them at their times from now on."),
    _CHANGE,
    (_("Name"), _("Now")),
    _enable_shown,
    _enable,
)
DISABLE = BulkStep(
    "disable",
    _("Switch off"),
    _("Switch tasks off"),
    _("The clock does not run them until they are switched on: what they do is not done."),
    _CHANGE,
    (_("Name"), _("Now")),
    _disable_shown,
    _disable,
    is_grave=True,
)


class _EachByItself(ModelAdmin):  # type: ignore[type-arg]
    """Schedules are deleted one by one."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return none."""
        return {}


@admin.register(CrontabSchedule)
class CrontabAdmin(HistoryInTrail, beat.CrontabScheduleAdmin, _EachByItself):  # type: ignore[misc]
    """Times of day, week and year."""

    trail_kind = "schedule"
    inlines = [TaskTable]


@admin.register(IntervalSchedule)
class IntervalAdmin(HistoryInTrail, beat.ScheduleAdmin, _EachByItself):  # type: ignore[misc]
    """So many minutes, hours or days apart."""

    trail_kind = "interval"
    inlines = [TaskTable]


# Sunrise and sunset move no job here: that kind of schedule stays unregistered.
@admin.register(ClockedSchedule)
class MomentAdmin(HistoryInTrail, beat.ScheduleAdmin, _EachByItself):  # type: ignore[misc]
    """Once, at some moment."""

    trail_kind = "clocked"
    inlines = [TaskTable]
