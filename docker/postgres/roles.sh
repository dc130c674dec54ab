#!/bin/sh
# Makes the application's role when the database server starts for the first time. The tables
# belong to the owner (POSTGRES_USER); what the application may do with them is granted by
# `prepare` after the migrations, and never more than adding and reading where books are kept.
set -eu

psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set=password="$APP_PASSWORD" --set=database="$POSTGRES_DB" <<'SQL'
CREATE ROLE tenure_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO tenure_app;
SQL
