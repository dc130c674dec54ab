#!/bin/sh
# Makes the application's role when the database server starts for the first time. The tables
# belong to the owner (POSTGRES_USER); what the application may do with them is granted by
# `prepare` after the migrations, and never more than adding and reading where books are kept.
set -eu

psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set=password="$APP_PASSWORD" --set=database="$POSTGRES_DB" <<'SQL'
CREATE ROLE tenure_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
REVOKE ALL ON DATABASE :"database", postgres, template1 FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO tenure_app;
-- For whoever comes without time-outs of their own: docs/observability.md.
ALTER ROLE tenure_app SET statement_timeout = '30min';
ALTER ROLE tenure_app SET lock_timeout = '5s';
ALTER ROLE tenure_app SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE tenure_owner SET lock_timeout = '5s';
ALTER ROLE tenure_owner SET idle_in_transaction_session_timeout = '60s';
SQL
