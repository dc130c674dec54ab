"""A web server as it is run, over the tests' database, and Debian's nginx before it."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from django.db import connection

from config.local.places import BASE_DIR
from config.local.run import WEB_OPTIONS

HOST = "127.0.0.1"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
START_SECONDS = 90


class Answered(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Server(NamedTuple):
    """Where it listens, and its process."""

    port: int
    process: "subprocess.Popen[bytes]"

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answered:
        """Send a request of a healthy client, and return the answer."""
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=30)) as line:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            line.request(method, path, body, {"Host": "localhost", **named})
            answer = line.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            return Answered(answer.status, said, answer.read())


def free_port() -> int:
    with closing(socket.socket()) as asked:
        asked.bind((HOST, 0))
        port: int = asked.getsockname()[1]
        return port


def database_url() -> str:
    said = connection.settings_dict
    who = f"{quote(str(said['USER']))}:{quote(str(said['PASSWORD']))}"
    return f"postgres://{who}@{quote(str(said['HOST']), safe='')}:{said['PORT']}/{said['NAME']}"


@contextmanager
def web_server(directory: Path, **environment: str) -> Iterator[Server]:
    """One process of the web server, as `make run` and the image start it."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "granian", "--host", HOST, "--port", str(port)),
        *WEB_OPTIONS,
        *("--workers", "1", "config.asgi:application"),
    ]
    (counters := directory / "counters").mkdir()
    variables = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "IMPORTS_DIR": str(directory / "imports"),
        "PROMETHEUS_MULTIPROC_DIR": str(counters),
        **environment,
    }
    with (directory / "web.log").open("wb") as log:
        process = subprocess.Popen(command, env=variables, cwd=BASE_DIR, stdout=log, stderr=log)
    server = Server(port, process)
    try:
        wait_until_it_answers(server)
        yield server
    finally:
        process.terminate()
        process.wait(40)


@contextmanager
def nginx_before(server: Server, directory: Path) -> Iterator[Server]:
    """Debian's nginx with the configuration of docker/, without TLS."""
    assert NGINX is not None
    port = free_port()
    said = (BASE_DIR / "docker" / "nginx" / "tenure.conf").read_text()
    for old, new in (
        ("server web:8000;", f"server {HOST}:{server.port};"),
        ("listen 8443 ssl;", f"listen {HOST}:{port};"),
        ("listen 8080;", f"listen {HOST}:{free_port()};"),
        # Newer than Debian's.
        ("http2 on;", ""),
        ("proxy_set_header X-Forwarded-Proto https;", ""),
        ("access_log /dev/stdout tenure;", f"access_log {directory}/access.log;"),
        ("error_log /dev/stderr warn;", f"error_log {directory}/error.log;"),
    ):
        assert old in said
        said = said.replace(old, new)
    said = "\n".join(line for line in said.splitlines() if not line.strip().startswith("ssl_"))
    temporary = "".join(
        f"{kind}_temp_path {directory}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"daemon off; pid {directory}/nginx.pid; worker_processes 1;\nevents {{}}\n"
    whole += f"error_log {directory}/error.log;\nhttp {{\n{temporary}{said}\n}}\n"
    (directory / "nginx.conf").write_text(whole)
    process = subprocess.Popen(
        [NGINX, "-c", str(directory / "nginx.conf"), "-e", str(directory / "error.log")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    proxy = Server(port, process)
    try:
        wait_until_it_answers(proxy)
        yield proxy
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def wait_until_it_answers(server: Server) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        assert server.process.poll() is None, "it ended"
        try:
            if server.call("GET", "/health/live").status == 200:
                return
        except OSError:
            pass
        assert time.monotonic() < until, "it doesn't answer"
        time.sleep(0.2)
