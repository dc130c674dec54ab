#!/bin/sh
# The checks that read the settings, and so want a database: run by `make lint`.
set -eu

bin=.venv/bin

echo "mypy"
"$bin/mypy" .
echo "import contracts"
"$bin/lint-imports"
echo "migrations"
"$bin/python" manage.py makemigrations --check --dry-run
# What would lock a table for long, or break the release that still runs beside the new one.
"$bin/python" manage.py lintmigrations --settings config.lint_settings --quiet ok ignore
# What follows looks at the settings of a deployment, and at no database.
export DATABASE_MAY_FORGET=false
echo "deployment"
HTTPS=true ALLOWED_HOSTS=loyalty.example CELERY_BROKER_URL=amqp://broker.example// \
    "$bin/python" -W error manage.py check --deploy --fail-level WARNING
echo "deployment with a known secret (must be refused)"
if HTTPS=true SECRET_KEY=change-me-0123456789-0123456789-0123456789-0123456789 \
    "$bin/python" manage.py check --deploy >/dev/null 2>&1; then
    echo "A secret of an example was let pass." >&2
    exit 1
fi
