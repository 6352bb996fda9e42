"""Fixtures that every test may ask for, and how hard hypothesis tries."""

import os

from hypothesis import settings

from tests.support.database import database_url, empty_database_url, migrated_template, server

__all__ = ["database_url", "empty_database_url", "migrated_template", "server"]

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=300, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
