#!/bin/sh
# Starts nats-server in a container: the passwords are files there, and nats-server.conf holds the users.
set -eu
for user in registry issuer verification oversight guest; do
  name="NATS_$(echo "$user" | tr '[:lower:]' '[:upper:]')_PASSWORD"
  # Quoted, because nats-server reads a variable's value as configuration: 1e5 would be a number.
  export "$name=\"$(cat "/run/secrets/$user-password")\""
done
config=/tmp/nats-server.conf
{
  echo 'listen: "0.0.0.0:4222"'
  echo 'http: "0.0.0.0:8222"'
  case "$(nats-server --version)" in
    # Known from 2.10 on.
    *v2.[0-9].*) echo 'jetstream { store_dir: /data, max_memory_store: 64MB }' ;;
    *) echo 'jetstream { store_dir: /data, max_memory_store: 64MB, sync_interval: always }' ;;
  esac
  # Whoever reaches the port may read LICENSES, which holds public fields only; NATS_GUEST= closes it.
  [ -z "${NATS_GUEST:-}" ] || echo 'no_auth_user: guest'
  cat /etc/nats/nats-server.conf
} > "$config"
exec nats-server --config "$config"
