"""The web server's way in."""

import os

from django.core.wsgi import get_wsgi_application

from config.health import prepare
from config.timeouts import WEB
from doors.checks import refuse_unsafe_start, refuse_untrusted_database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Settings, which are read further down, give this process the time-outs of its kind.
os.environ["TENURE_PROCESS"] = WEB
if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
    from config.traces import start

    start("web")

application = get_wsgi_application()
refuse_unsafe_start()
refuse_untrusted_database()
# The first probe of a busy machine would otherwise be told that migrations are down.
prepare()
