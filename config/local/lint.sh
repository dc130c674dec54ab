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
echo "deployment"
HTTPS=true ALLOWED_HOSTS=loyalty.example CELERY_BROKER_URL=amqp://broker.example// \
    "$bin/python" -W error manage.py check --deploy --fail-level WARNING
