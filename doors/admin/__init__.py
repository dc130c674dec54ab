"""The admin's ground: the theme, read-only lists, people, API clients and the clock."""

from doors.admin import clients, clock, people

__all__ = ["clients", "clock", "people"]
