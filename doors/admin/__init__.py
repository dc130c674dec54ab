"""The admin's ground: the theme, read-only lists, people, API clients and the clock."""

from doors.admin import clients, clock, lock_outs, people, second_factor

__all__ = ["clients", "clock", "lock_outs", "people", "second_factor"]
