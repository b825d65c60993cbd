#!/bin/sh
# Runs once, when PostgreSQL makes its data directory: a role per service, owner of its own database only.
set -eu
for name in issuer registry oversight; do
  psql -v ON_ERROR_STOP=1 -U postgres -d postgres -v name="$name" -v password="$(cat "/run/secrets/$name-password")" <<'SQL'
CREATE ROLE :"name" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
# What is left are the databases that PostgreSQL brings, where a role could keep something or look around.
psql -v ON_ERROR_STOP=1 -U postgres -d postgres <<'SQL'
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
REVOKE ALL ON DATABASE template1 FROM PUBLIC;
SQL
