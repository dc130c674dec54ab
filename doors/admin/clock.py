"""The clock's schedule, themed; its own admin classes know best how tasks are edited."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from doors.admin.history import HistoryInTrail
from doors.admin.theme import column
from doors.translation import translated

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
    list_display = ("called", "enabled", "scheduler", "last_run_at", "total_run_count")
    list_filter = ("enabled", "one_off")

    @column(description=_("Name"), ordering="name")
    def called(self, task: PeriodicTask) -> str:
        """Return what the task does, in the reader's language."""
        return translated(task.name)


@admin.register(CrontabSchedule)
class CrontabAdmin(HistoryInTrail, beat.CrontabScheduleAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    """Times of day, week and year."""

    trail_kind = "schedule"
    inlines = [TaskTable]


@admin.register(IntervalSchedule)
class IntervalAdmin(HistoryInTrail, beat.ScheduleAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    """So many minutes, hours or days apart."""

    trail_kind = "interval"
    inlines = [TaskTable]


# Sunrise and sunset move no job here: that kind of schedule stays unregistered.
@admin.register(ClockedSchedule)
class MomentAdmin(HistoryInTrail, beat.ScheduleAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    """Once, at some moment."""

    trail_kind = "clocked"
    inlines = [TaskTable]
