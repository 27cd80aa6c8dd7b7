"""The triggers of backoffice.security.locks on PostgreSQL: for a whole statement on histories and access events."""

from typing import Any

from django.contrib.auth import get_user_model

from backoffice.security import decided
from backoffice.security.logs import Logs

SETTING = "backoffice.housekeeping"

REFUSE = (
    "RAISE EXCEPTION '% is a log: its rows are neither changed nor deleted', TG_TABLE_NAME "
    "USING ERRCODE = 'insufficient_privilege';"
)
FUNCTIONS = """
CREATE OR REPLACE FUNCTION backoffice_is_housekeeping(relation oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(current_setting('backoffice.housekeeping', true), '') = 'on' AND EXISTS (
        SELECT FROM pg_roles r
        WHERE (r.oid = (SELECT relowner FROM pg_class WHERE oid = relation) OR r.rolname = 'backoffice_retention')
          AND pg_has_role(current_user, r.oid, 'USAGE')
    )
$$;

CREATE OR REPLACE FUNCTION backoffice_refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF backoffice_is_housekeeping(TG_RELID) THEN
        RETURN NULL;
    END IF;
    {refuse}
END $$;

CREATE OR REPLACE FUNCTION backoffice_keep_history() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, {schema}, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT operation_id FROM was) changed
        LEFT JOIN {operation} o ON o.id = changed.operation_id
        WHERE o.transaction IS DISTINCT FROM pg_current_xact_id()::text::bigint
    ) AND NOT backoffice_is_housekeeping(TG_RELID) THEN
        {refuse}
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION backoffice_keep_operation() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, {schema}, pg_temp AS $$
DECLARE
    same {operation}%ROWTYPE;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.transaction := pg_current_xact_id()::text::bigint;
        RETURN NEW;
    END IF;
    IF OLD.transaction = pg_current_xact_id()::text::bigint OR backoffice_is_housekeeping(TG_RELID) THEN
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        NEW.transaction := OLD.transaction;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        same := OLD;
        IF NEW.state <> OLD.state AND EXISTS (
            WITH RECURSIVE undo(id, transaction) AS (
                SELECT o.id, o.transaction FROM {operation} o WHERE o.undoes_id = OLD.id
                UNION SELECT o.id, o.transaction FROM {operation} o JOIN undo ON o.undoes_id = undo.id
            )
            SELECT FROM undo WHERE undo.transaction = pg_current_xact_id()::text::bigint
        ) THEN
            same.state := NEW.state;
        END IF;
        {generated}
        IF NEW.actor_id IS NULL THEN
            same.actor_id := NULL;  -- backoffice_account_is_gone looks into it
        END IF;
        IF NEW IS NOT DISTINCT FROM same THEN
            RETURN NEW;
        END IF;
    END IF;
    {refuse}
END $$;

CREATE OR REPLACE FUNCTION backoffice_account_is_gone() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, {schema}, pg_temp AS $$
DECLARE
    there boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM {account} WHERE {key} = ($1).%I)', TG_ARGV[0]) INTO there USING OLD;
    IF there THEN
        {refuse}
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION backoffice_keep_purge() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, {schema}, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF {asked} OR backoffice_is_housekeeping(TG_RELID) THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF backoffice_is_housekeeping(TG_RELID) OR ({may_become}) THEN
            RETURN NEW;
        END IF;
    ELSIF {undecided} OR backoffice_is_housekeeping(TG_RELID) THEN
        RETURN OLD;
    END IF;
    {refuse}
END $$;
"""

REFUSED = "FOR EACH STATEMENT EXECUTE FUNCTION backoffice_refuse_change()"


def _account_is_gone(column: str, deed: str, lost: str = "") -> str:
    """At the end of the transaction; whether it is housekeeping is asked at once."""
    return (
        f"CREATE CONSTRAINT TRIGGER {{name}} AFTER {deed} ON {{table}} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
        f"WHEN ({lost}NOT backoffice_is_housekeeping(OLD.tableoid)) "
        f"EXECUTE FUNCTION backoffice_account_is_gone('{column}')"
    )


def _emptied(column: str) -> str:
    return _account_is_gone(column, "UPDATE", f"OLD.{column} IS NOT NULL AND NEW.{column} IS NULL AND ")


# name → when, for whom, what
OF_ALL = {"locked_truncate": f"CREATE TRIGGER {{name}} BEFORE TRUNCATE ON {{table}} {REFUSED}"}
OF_OPERATION = {
    "locked": "CREATE TRIGGER {name} BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
    "EXECUTE FUNCTION backoffice_keep_operation()",
    "locked_actor": _emptied("actor_id"),
}
OF_ACCESS = {"locked": f"CREATE TRIGGER {{name}} BEFORE UPDATE OR DELETE ON {{table}} {REFUSED}"}
OF_HISTORY = {
    f"locked_{deed}": f"CREATE TRIGGER {{name}} AFTER {deed.upper()} ON {{table}} REFERENCING OLD TABLE AS was "
    "FOR EACH STATEMENT EXECUTE FUNCTION backoffice_keep_history()"
    for deed in ("update", "delete")
}
OF_PURGE = {
    "locked": "CREATE TRIGGER {name} BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
    "EXECUTE FUNCTION backoffice_keep_purge()",
    "locked_asked": _emptied("asked_by_id"),
    "locked_approved": _emptied("approved_by_id"),
}
OF_DJANGOS = {
    "locked": f"CREATE TRIGGER {{name}} BEFORE UPDATE ON {{table}} {REFUSED}",
    "locked_delete": _account_is_gone("user_id", "DELETE"),
}


def lock(cursor: Any, logs: Logs) -> None:
    cursor.execute(_functions(cursor, logs.operation))
    wanted = {
        logs.operation._meta.db_table: OF_OPERATION,
        logs.access_events: OF_ACCESS,
        logs.purges: OF_PURGE,
        **dict.fromkeys(logs.histories, OF_HISTORY),
        **({logs.djangos: OF_DJANGOS} if logs.djangos else {}),
    }
    for table, triggers in wanted.items():
        for name, what in {**triggers, **OF_ALL}.items():
            # Only where it is missing: CREATE TRIGGER waits for everybody who writes to the table.
            there = "SELECT 1 FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = %s"
            cursor.execute(there, [f'"{table}"', f"{table}_{name}"])
            if not cursor.fetchone():
                cursor.execute(what.format(name=f'"{table}_{name}"', table=f'"{table}"'))


def announce(connection: Any, word: str) -> str:
    """Set the word of this transaction; what it was before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting(%s, true), set_config(%s, %s, true)", [SETTING, SETTING, word or "off"]
        )
        return str(cursor.fetchone()[0] or "off")


def is_housekeeping(connection: Any, table: str) -> bool:
    """Whether the word counts from this login: as the triggers see it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT backoffice_is_housekeeping(%s::regclass)", [f'"{table}"'])
        return bool(cursor.fetchone()[0])


def _functions(cursor: Any, operation: Any) -> str:
    cursor.execute("SELECT quote_ident(current_schema())")
    schema = cursor.fetchone()[0]
    fields = operation._meta.concrete_fields
    generated = (f"same.{field.column} := NEW.{field.column};" for field in fields if field.generated)
    account = get_user_model()._meta
    return FUNCTIONS.format(
        schema=schema,
        refuse=REFUSE,
        operation=f'{schema}."{operation._meta.db_table}"',
        generated="\n        ".join(generated),
        account=f'{schema}."{account.db_table}"',
        key=account.pk.column,
        asked=decided.ASKED,
        undecided=decided.UNDECIDED,
        may_become=decided.may_become("IS NOT DISTINCT FROM"),
    )
