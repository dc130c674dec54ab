#!/bin/sh
# Starts one part of Tenure: web, worker or beat. `prepare` migrates, and nothing else ever does.
set -eu

part=${1:-web}
[ $# -gt 0 ] && shift

# The health check asks what it is to look at.
mkdir -p /tmp/tenure && echo "$part" > /tmp/tenure/part

export LOG_FORMAT="${LOG_FORMAT:-json}"

case $part in
web | worker)
    # The processes of one container count together; what a former start counted is gone.
    export PROMETHEUS_MULTIPROC_DIR=/tmp/tenure/counters
    rm -rf "$PROMETHEUS_MULTIPROC_DIR" && mkdir -p "$PROMETHEUS_MULTIPROC_DIR"
    ;;
esac

case $part in
web)
    exec granian --interface asginl --host 0.0.0.0 --port "${PORT:-8000}" --http 1 --no-ws \
        --workers "${WEB_WORKERS:-2}" --backpressure "${WEB_CONNECTIONS:-1024}" \
        --respawn-failed-workers --respawn-interval 0.5 --workers-kill-timeout 30 \
        --log-config config/server_log.json \
        config.asgi:application "$@"
    ;;
worker)
    exec celery --app config.celery worker --loglevel "${LOG_LEVEL:-INFO}" \
        --concurrency "${WORKER_PROCESSES:-2}" --without-gossip --without-mingle "$@"
    ;;
beat)
    exec celery --app config.celery beat --loglevel "${LOG_LEVEL:-INFO}" \
        --scheduler django_celery_beat.schedulers:DatabaseScheduler --pidfile "" "$@"
    ;;
prepare)
    exec python -m config.deployment.prepare "$@"
    ;;
manage)
    exec python manage.py "$@"
    ;;
*)
    echo "entrypoint: no part is called $part; there are web, worker, beat, prepare, manage." >&2
    exit 64
    ;;
esac
