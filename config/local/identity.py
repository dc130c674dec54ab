"""The operating system's user that PostgreSQL runs as: it refuses to run as root."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Identity:
    """A user to become before a program starts."""

    uid: int
    gid: int

    def owns(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)


def server_identity() -> Identity | None:
    """Whom PostgreSQL's programs must become; None when this user will do."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(account.pw_uid, account.pw_gid)
    # A root file system without a list of users: the kernel doesn't mind.
    return Identity(65534, 65534)


def can_enter(directory: Path, identity: Identity) -> bool:
    """Whether `identity` may pass through `directory` and all that it lies in."""
    resolved = directory.resolve()
    return all(_is_open_to(place.stat(), identity) for place in (resolved, *resolved.parents))


def _is_open_to(place: os.stat_result, identity: Identity) -> bool:
    if place.st_uid == identity.uid:
        return bool(place.st_mode & stat.S_IXUSR)
    if place.st_gid == identity.gid:
        return bool(place.st_mode & stat.S_IXGRP)
    return bool(place.st_mode & stat.S_IXOTH)
