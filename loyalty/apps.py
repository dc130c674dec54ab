"""Loyalty, as Django knows it."""

from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    name = "loyalty"
