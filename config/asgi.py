"""The web server's way in: see doors/server."""

from django.conf import settings

from config.wsgi import application as django
from doors.server.application import Limits, WebServer
from doors.server.bodies import Pace

application = WebServer(
    django,
    Limits(
        threads=settings.WEB_THREADS,
        uploads=settings.WEB_UPLOADS,
        large_bodies=settings.WEB_LARGE_BODIES,
        strangers_bytes=settings.BODY_OF_STRANGERS_BYTES,
        pace=Pace(settings.BODY_SECONDS, settings.BODY_BYTES_PER_SECOND),
        sending_seconds=settings.SENDING_SECONDS,
    ),
)
