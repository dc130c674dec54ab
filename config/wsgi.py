"""The web server's way in."""

import os

from django.core.wsgi import get_wsgi_application

from doors.checks import refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Not a default: the package has made the Celery application by now, which says "worker".
os.environ["TENURE_PROCESS"] = "web"
if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
    from config.traces import start

    start("web")

application = get_wsgi_application()
refuse_unsafe_start()
