"""Imports, as Django knows them."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "imports"
