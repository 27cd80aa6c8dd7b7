-- Four roles, each with what it needs and no more. As a superuser, in the panel's database:
--
--     psql -1 -v ON_ERROR_STOP=1 -d NAME -f deploy/postgres/roles.sql
--
-- Run it before the first `manage.py migrate` and after each later one. Then make logins, members of one role each:
--
--     CREATE ROLE hr_migrate LOGIN PASSWORD '…' IN ROLE backoffice_owner;      ALTER ROLE hr_migrate SET role = backoffice_owner;
--     CREATE ROLE hr_web     LOGIN PASSWORD '…' IN ROLE backoffice_app;        -- web and worker
--     CREATE ROLE hr_night   LOGIN PASSWORD '…' IN ROLE backoffice_retention;  -- expire_operations, expire_access_events, purge_leavers
--     CREATE ROLE hr_report  LOGIN PASSWORD '…' IN ROLE backoffice_readonly;   -- reports; backups are made by the owner
--
-- DATABASE_URL of each process names its login. The app may add to the logs and read them. What it may still do to them
-- (mark an operation undone; drop the rows of an undo of its own transaction) is held by triggers of the owner, which the
-- app can neither drop nor switch off: backoffice/security/locks.py.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['backoffice_owner', 'backoffice_app', 'backoffice_retention', 'backoffice_readonly'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', name);
        END IF;
    END LOOP;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO backoffice_owner, backoffice_app, backoffice_retention', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO backoffice_readonly', current_database());
    -- The owner makes the extension for search (pg_trgm) and its tables.
    EXECUTE format('GRANT CREATE ON DATABASE %I TO backoffice_owner', current_database());
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO backoffice_owner;
GRANT USAGE ON SCHEMA public TO backoffice_app, backoffice_retention, backoffice_readonly;

-- What there is belongs to the owner.
DO $$
DECLARE
    thing record;
BEGIN
    FOR thing IN
        SELECT c.oid::regclass AS name, c.relkind
        FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
          AND pg_get_userbyid(c.relowner) <> 'backoffice_owner'
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('e', 'a', 'i'))
    LOOP
        EXECUTE format('ALTER %s %s OWNER TO backoffice_owner',
            CASE thing.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, thing.name);
    END LOOP;
    FOR thing IN
        SELECT p.oid::regprocedure AS name FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND pg_get_userbyid(p.proowner) <> 'backoffice_owner'
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO backoffice_owner', thing.name);
    END LOOP;
END $$;

-- The app: everything but the shape of tables, and no more of the logs than it needs.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM backoffice_app, backoffice_retention, backoffice_readonly;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO backoffice_app;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO backoffice_app;

-- Retention and purge: the same, and the word of housekeeping counts from it (it needs the role, not a grant).
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO backoffice_retention;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO backoffice_retention;

-- Reports: no sessions, no passwords, no second factors; nothing that lets a reader sign in as somebody.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO backoffice_readonly;
DO $$
DECLARE
    secret text;
BEGIN
    FOR secret IN
        SELECT c.oid::regclass FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
          AND (c.relname IN ('auth_user', 'django_session') OR c.relname LIKE 'mfa\_%' OR c.relname LIKE 'socialaccount\_%'
               OR c.relname LIKE '%cache%' OR c.relname LIKE 'usersessions\_%' OR c.relname LIKE 'account\_%')
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM backoffice_readonly', secret);
    END LOOP;
    IF to_regclass('public.auth_user') IS NOT NULL THEN
        GRANT SELECT (id, username, first_name, last_name, is_active, is_staff, is_superuser) ON auth_user TO backoffice_readonly;
    END IF;
    -- Nobody but the owner says which migrations ran.
    IF to_regclass('public.django_migrations') IS NOT NULL THEN
        REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM backoffice_app, backoffice_retention;
    END IF;
    -- Who looked at whom is added and read. Only retention deletes, and a purge empties whom it was.
    IF to_regclass('public.backoffice_accessevent') IS NOT NULL THEN
        REVOKE UPDATE, DELETE ON backoffice_accessevent FROM backoffice_app;
        REVOKE UPDATE ON backoffice_accessevent FROM backoffice_retention;
        GRANT UPDATE ("row", filters) ON backoffice_accessevent TO backoffice_retention;
    END IF;
    -- Who asked for a purge and who approved it, and Django's own log: the triggers know what may still change.
    IF to_regclass('public.backoffice_purgerequest') IS NOT NULL THEN
        REVOKE DELETE ON backoffice_purgerequest FROM backoffice_app, backoffice_retention;
    END IF;
    IF to_regclass('public.django_admin_log') IS NOT NULL THEN
        REVOKE UPDATE ON django_admin_log FROM backoffice_app;
    END IF;
END $$;

-- Tables of later migrations: readable and writable by the app at once; the exceptions above with the next run.
ALTER DEFAULT PRIVILEGES FOR ROLE backoffice_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO backoffice_app, backoffice_retention;
ALTER DEFAULT PRIVILEGES FOR ROLE backoffice_owner IN SCHEMA public
    GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO backoffice_app;
ALTER DEFAULT PRIVILEGES FOR ROLE backoffice_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO backoffice_retention;
