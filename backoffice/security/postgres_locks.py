"""The triggers of backoffice.security.locks on PostgreSQL: for a whole statement on histories and access events."""

from typing import Any

SETTING = "backoffice.housekeeping"

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
    RAISE EXCEPTION '% is a log: its rows are neither changed nor deleted', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE FUNCTION backoffice_keep_history() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, {schema}, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT operation_id FROM was) changed
        LEFT JOIN {operation} o ON o.id = changed.operation_id
        WHERE o.transaction IS DISTINCT FROM pg_current_xact_id()::text::bigint
    ) AND NOT backoffice_is_housekeeping(TG_RELID) THEN
        RAISE EXCEPTION '% is a log: its rows are neither changed nor deleted', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
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
        same.state := NEW.state;
        {generated}
        {emptied}
        IF NEW IS NOT DISTINCT FROM same THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is a log: its rows are neither changed nor deleted', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
"""

# name → when, for whom, what
OF_OPERATION = {
    "locked": "BEFORE INSERT OR UPDATE OR DELETE ON {} FOR EACH ROW EXECUTE FUNCTION backoffice_keep_operation()"
}
OF_ALL = {
    "locked_truncate": "BEFORE TRUNCATE ON {} FOR EACH STATEMENT EXECUTE FUNCTION backoffice_refuse_change()"
}
OF_ACCESS = {
    "locked": "BEFORE UPDATE OR DELETE ON {} FOR EACH STATEMENT EXECUTE FUNCTION backoffice_refuse_change()"
}
OF_HISTORY = {
    f"locked_{deed}": f"AFTER {deed.upper()} ON {{}} REFERENCING OLD TABLE AS was FOR EACH STATEMENT "
    "EXECUTE FUNCTION backoffice_keep_history()"
    for deed in ("update", "delete")
}


def lock(cursor: Any, operation: Any, access_events: str, histories: list[str]) -> None:
    cursor.execute(_functions(cursor, operation))
    wanted = {operation._meta.db_table: OF_OPERATION, access_events: OF_ACCESS}
    wanted |= dict.fromkeys(histories, OF_HISTORY)
    for table, triggers in wanted.items():
        for name, what in {**triggers, **OF_ALL}.items():
            # Only where it is missing: CREATE TRIGGER waits for everybody who writes to the table.
            there = "SELECT 1 FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = %s"
            cursor.execute(there, [f'"{table}"', f"{table}_{name}"])
            if not cursor.fetchone():
                quoted = f'"{table}"'
                cursor.execute(f'CREATE TRIGGER "{table}_{name}" {what.format(quoted)}')


def announce(connection: Any, word: str) -> str:
    """Set the word of this transaction; what it was before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting(%s, true), set_config(%s, %s, true)", [SETTING, SETTING, word or "off"]
        )
        return str(cursor.fetchone()[0] or "off")


def may_keep_house(connection: Any, table: str) -> bool:
    """Whether the word of this login would count: what the function above asks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_roles r WHERE (r.oid = (SELECT relowner FROM pg_class "
            "WHERE oid = %s::regclass) OR r.rolname = 'backoffice_retention') "
            "AND pg_has_role(current_user, r.oid, 'USAGE'))",
            [f'"{table}"'],
        )
        return bool(cursor.fetchone()[0])


def _functions(cursor: Any, operation: Any) -> str:
    cursor.execute("SELECT quote_ident(current_schema())")
    schema = cursor.fetchone()[0]
    fields = operation._meta.concrete_fields
    generated = (f"same.{field.column} := NEW.{field.column};" for field in fields if field.generated)
    emptied = (
        f"IF NEW.{field.column} IS NULL THEN same.{field.column} := NULL; END IF;"
        for field in fields
        if field.is_relation
    )
    return FUNCTIONS.format(
        schema=schema,
        operation=f'{schema}."{operation._meta.db_table}"',
        generated="\n        ".join(generated),
        emptied="\n        ".join(emptied),
    )
