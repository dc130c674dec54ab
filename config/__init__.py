"""The project: settings, addresses, the schedule, and how it all is started."""

# Tasks declared with `shared_task` belong to the first Celery application that is made; a web
# process that never made this one would publish them to a broker of Celery's own choosing.
from config.celery import app as celery_app

__all__ = ["celery_app"]
