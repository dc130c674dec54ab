#!/bin/sh
# Restores a base backup and its archived log into a NEW cluster, up to a moment, and starts it on
# 127.0.0.1. The old cluster is not touched. Run it as the user whom PostgreSQL runs as, with
# PostgreSQL's programs of the backup's version on the PATH:
#
#   restore.sh BASE ARCHIVE DATA PORT [MOMENT]
#
#   BASE     a directory made by `pg_basebackup --format=plain`
#   ARCHIVE  the directory that `archive_command` (or pg_receivewal) filled
#   DATA     where the new cluster is made; it must not exist
#   MOMENT   such as "2026-11-23 14:05:00+00"; without it, everything that was archived
set -eu

if [ $# -lt 4 ]; then
    sed -n '2,12s/^# \{0,1\}//p' "$0" >&2
    exit 64
fi
base=$1 archive=$2 data=$3 port=$4 moment=${5:-}

[ -f "$base/PG_VERSION" ] || { echo "restore: $base is no base backup." >&2; exit 66; }
[ -d "$archive" ] || { echo "restore: there is no directory $archive." >&2; exit 66; }
[ ! -e "$data" ] || { echo "restore: $data exists; a restore never overwrites." >&2; exit 73; }

# The label tells where the backup's log begins; a copy without it would be silently corrupt.
[ -f "$base/backup_label" ] || { echo "restore: $base has no backup_label." >&2; exit 66; }
if [ -f "$base/backup_manifest" ]; then
    pg_verifybackup --no-parse-wal "$base"
fi

cp -a "$base" "$data"
chmod 700 "$data"
rm -f "$data/postmaster.pid"
{
    echo "restore_command = 'cp \"$archive/%f\" \"%p\"'"
    echo "recovery_target_action = 'promote'"
    echo "recovery_target_timeline = 'latest'"
    [ -z "$moment" ] || echo "recovery_target_time = '$moment'"
    # It archives nothing until somebody decides that it is the one.
    echo "archive_mode = off"
    echo "listen_addresses = '127.0.0.1'"
    echo "port = $port"
    echo "unix_socket_directories = ''"
} >> "$data/postgresql.auto.conf"
touch "$data/recovery.signal"

pg_ctl start --pgdata="$data" --log="$data/restore.log" --wait --timeout=3600
until pg_controldata "$data" | grep -q 'in production'; do
    if ! pg_ctl status --pgdata="$data" > /dev/null; then
        echo "restore: it ended before the moment was reached:" >&2
        tail -n 20 "$data/restore.log" >&2
        exit 1
    fi
    sleep 0.2
done
echo "Restored into $data, listening on 127.0.0.1:$port. Prove it:"
echo "  DATABASE_URL=postgres://OWNER:PASSWORD@127.0.0.1:$port/tenure python manage.py audit_ledger"
