"""What this clone remembers of its instance: ports, passwords and keys, and the files of them."""

import base64
import fcntl
import json
import os
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import IO

from config.local.console import Refusal
from config.local.ports import LOCALHOST, first_free, is_free

# Below the ports that the kernel hands out to outgoing connections, and far from usual ones.
DATABASE_PORTS = range(20000, 30000)


def _secret() -> str:
    # Hexadecimal, so that it needs no quoting in a URL, a shell or a connection string.
    return secrets.token_hex(32)


def _sealing_key() -> str:
    # The form that Fernet wants.
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True)
class Instance:
    """Made once per clone, kept in var/instance.json (0600)."""

    database_port: int
    owner_password: str = field(default_factory=_secret)
    app_password: str = field(default_factory=_secret)
    broker_password: str = field(default_factory=_secret)
    secret_key: str = field(default_factory=_secret)
    identifier_key: str = field(default_factory=_secret)
    ledger_key: str = field(default_factory=_secret)
    metrics_token: str = field(default_factory=_secret)
    secrets_key: str = field(default_factory=_sealing_key)
    vault_key: str = field(default_factory=_secret)
    client_id: str = "demo"
    client_secret: str = field(default_factory=_secret)
    admin_user: str = "admin"
    admin_password: str = field(default_factory=_secret)

    @property
    def owner_database_url(self) -> str:
        return self._url("postgres", "tenure_owner", self.owner_password, "tenure")

    @property
    def app_database_url(self) -> str:
        return self._url("postgres", "tenure_app", self.app_password, "tenure")

    @property
    def broker_url(self) -> str:
        return self._url("pgmq", "tenure_broker", self.broker_password, "tenure_broker")

    def maintenance_conninfo(self, database: str = "postgres") -> str:
        """For psycopg, as the cluster's owner."""
        return self._url("postgresql", "tenure_owner", self.owner_password, database)

    def broker_conninfo(self) -> str:
        return self._url("postgresql", "tenure_broker", self.broker_password, "tenure_broker")

    def environment(self) -> dict[str, str]:
        """What the application needs to know; also the content of var/instance.env."""
        return {
            "DATABASE_URL": self.app_database_url,
            "OWNER_DATABASE_URL": self.owner_database_url,
            "CELERY_BROKER_URL": self.broker_url,
            "SECRET_KEY": self.secret_key,
            "IDENTIFIER_KEY": self.identifier_key,
            "LEDGER_KEYS": self.ledger_key,
            "METRICS_TOKEN": self.metrics_token,
            "SECRETS_KEYS": self.secrets_key,
            # Webhooks may be tried out against a receiver on this very machine.
            "WEBHOOKS_ALLOW_HTTP": "true",
            "WEBHOOKS_ALLOWED_NETWORKS": "127.0.0.0/8",
            "WEBHOOKS_PORTS": "*",
            "VAULT_KEYS": f"1={self.vault_key}",
            "DEBUG": "false",
            "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
        }

    def demo_environment(self, web_port: int) -> dict[str, str]:
        """What a visitor needs to know; the content of var/demo.env."""
        base = f"http://{LOCALHOST}:{web_port}"
        return {
            "API_URL": f"{base}/api/v1",
            "CLIENT_ID": self.client_id,
            "CLIENT_SECRET": self.client_secret,
            "ADMIN_URL": f"{base}/admin/",
            "ADMIN_USER": self.admin_user,
            "ADMIN_PASSWORD": self.admin_password,
            "DATABASE_URL": self.app_database_url,
            "OWNER_DATABASE_URL": self.owner_database_url,
        }

    def _url(self, scheme: str, role: str, password: str, database: str) -> str:
        return f"{scheme}://{role}:{password}@{LOCALHOST}:{self.database_port}/{database}"


def open_instance(path: Path, *, digest: str) -> Instance:
    """What is remembered, or a new instance; with another port where that one is taken."""
    start = int(digest, 16) % len(DATABASE_PORTS)
    candidates = [*DATABASE_PORTS[start:], *DATABASE_PORTS[:start]]
    if not path.exists():
        instance = Instance(database_port=first_free(candidates))
        write_secret(path, json.dumps(asdict(instance), indent=2))
        return instance
    known = json.loads(path.read_text())
    # A file of an older version lacks what came later, and has what has gone since.
    instance = Instance(**{f.name: known[f.name] for f in fields(Instance) if f.name in known})
    if not is_free(instance.database_port):
        instance = replace(instance, database_port=first_free(candidates))
    write_secret(path, json.dumps(asdict(instance), indent=2))
    return instance


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    unfinished.replace(path)


def write_environment(path: Path, variables: Mapping[str, str]) -> None:
    """Write `NAME=value` lines that a shell and django-environ read alike."""
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in variables.items()]
    write_secret(path, "".join(lines))


def hold_lock(path: Path) -> IO[str]:
    """Be the only launcher of this clone for as long as the file is open.

    The kernel lets go of it however the process ends, and children don't inherit it.

    Raises:
        Refusal: another one holds it.
    """
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        said = file.read().strip()
        file.close()
        raise Refusal(f"Tenure is already running in this clone{said and f' ({said})'}.") from None
    return file


def note_in_lock(file: IO[str], text: str) -> None:
    """Say who holds the lock, for whoever finds it held."""
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()
