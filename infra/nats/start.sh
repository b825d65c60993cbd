#!/bin/sh
# Starts nats-server in a container. Whom it trusts is a file that the job `setup` writes, and no secret:
# services and departments show credentials that are signed by keys which are not here.
set -eu
account=$(cat /run/secrets/account)
# Streams from before there were accounts lie in the one that a server without any has.
if [ -d '/data/jetstream/$G' ] && [ ! -e "/data/jetstream/$account" ]; then
  mv '/data/jetstream/$G' "/data/jetstream/$account"
fi
config=/tmp/nats-server.conf
{
  echo 'listen: "0.0.0.0:4222"'
  echo 'http: "0.0.0.0:8222"'
  case "$(nats-server --version)" in
    # Known from 2.10 on.
    *v2.[0-9].*) echo 'jetstream { store_dir: /data, max_memory_store: 64MB }' ;;
    *) echo 'jetstream { store_dir: /data, max_memory_store: 64MB, sync_interval: always }' ;;
  esac
  cat /run/secrets/trust.conf
} > "$config"
exec nats-server --config "$config"
