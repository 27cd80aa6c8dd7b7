#!/usr/bin/env bash
# Starts a streaming replica: a copy of the primary where there is none yet, then a server that follows it.
set -euo pipefail
PGPASSWORD=$(cat /run/secrets/replication_password)
export PGPASSWORD PGDATA=${PGDATA:-/var/lib/postgresql/data}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    pg_basebackup --pgdata "$PGDATA" --dbname 'host=postgres user=replicator application_name=replica' \
        --slot replica --write-recovery-conf --checkpoint fast
    chmod 700 "$PGDATA"
fi
exec postgres -c hot_standby=on -c hot_standby_feedback=on
