"""The admin's ground: the theme, read-only lists, people, API clients and the clock."""

from doors.admin import client_groups, clients, clock, lock_outs, people, second_factor

__all__ = ["client_groups", "clients", "clock", "lock_outs", "people", "second_factor"]
