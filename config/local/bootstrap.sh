#!/bin/sh
# Makes .venv from uv.lock with nothing but Python 3.11 (venv, pip) at hand.
# Safe to repeat: it does nothing while the lock file is unchanged.
set -eu

UV_VERSION=0.13.9

cd "$(dirname "$0")/../.."
# Neither directory holds a secret of its own; the database's user may have to pass through.
umask 022
mkdir -p var

# `make run` and `make test` may start at once in a fresh clone.
if command -v flock >/dev/null 2>&1; then
    exec 9>var/bootstrap.lock
    flock 9
fi

if [ -x .venv/bin/python ] && [ -f .venv/.synced ] && cmp -s uv.lock .venv/.synced; then
    exit 0
fi

python=
for candidate in python3.11 python3 python; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        python=$(command -v "$candidate")
        break
    fi
done
if [ -z "$python" ]; then
    echo "Tenure needs Python 3.11, and neither python3.11 nor python3 on the PATH is that." >&2
    exit 1
fi

# A network with a certificate authority of its own has it in the system's bundle.
if [ -z "${SSL_CERT_FILE:-}" ] && [ -f /etc/ssl/certs/ca-certificates.crt ]; then
    export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
fi

echo "Installing dependencies (once) ..."
uv=var/uv/bin/uv
if [ "$("$uv" --version 2>/dev/null | cut -d' ' -f2)" != "$UV_VERSION" ]; then
    rm -rf var/uv
    if ! "$python" -m venv var/uv; then
        echo "Python's venv module doesn't work; on Debian: apt install python3.11-venv" >&2
        exit 1
    fi
    var/uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
fi

# uv's cache may be on another file system, where hard links can't reach.
UV_LINK_MODE=${UV_LINK_MODE:-copy} UV_PYTHON_DOWNLOADS=never \
    "$uv" sync --quiet --frozen --all-groups --python "$python"
cp uv.lock .venv/.synced
