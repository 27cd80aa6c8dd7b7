#!/usr/bin/env bash
# Starts a streaming replica: a copy of the primary where there is none yet, then a server that follows it.
set -euo pipefail
PGPASSWORD=$(cat /run/secrets/replication_password)
export PGPASSWORD PGDATA=${PGDATA:-/var/lib/postgresql/data}
# pg_control comes last in a copy, and what makes it a replica after that: without them it broke off, and is no server yet.
if [ ! -s "$PGDATA/global/pg_control" ] || { [ -e "$PGDATA/backup_label" ] && [ ! -e "$PGDATA/standby.signal" ]; }; then
    find "$PGDATA" -mindepth 1 -delete
    pg_basebackup --pgdata "$PGDATA" --dbname 'host=postgres user=replicator application_name=replica' \
        --slot replica --write-recovery-conf --checkpoint fast
    chmod 700 "$PGDATA"
fi
exec postgres -c hot_standby=on -c hot_standby_feedback=on
