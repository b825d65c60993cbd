#!/bin/sh
# Runs once, when PostgreSQL makes its data directory: a role per service, owner of its own database only.
set -eu
for name in issuer registry; do
  psql -v ON_ERROR_STOP=1 -U postgres -d postgres -v name="$name" -v password="$(cat "/run/secrets/$name-password")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
