"""The settings that are used everywhere, and one more address."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.bare"
