-- Behind every query stands row-level security: a row is there for whoever works for its tenant, and for nobody else.
--
-- The control plane logs in as one role and works as three that can't log in and bypass nothing:
--   verdict_app       requests: rows of the organizations in verdict.tenants, and of the person in verdict.account
--   verdict_accounts  who somebody is, before a tenant is known: people, what they sign in with, what they may
--   verdict_system    rows of every tenant: the relay and other work that serves all of them
-- Both settings are LOCAL to a transaction. Without them verdict_app sees nothing.
DO $$
DECLARE
    name text;
    kind text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
    narrow text := CASE kind WHEN 'SET' THEN ' WITH INHERIT FALSE, SET TRUE' ELSE '' END;
    say text := format('let a superuser run "CREATE ROLE verdict_app; CREATE ROLE verdict_accounts; CREATE ROLE '
        'verdict_system; GRANT verdict_app, verdict_accounts, verdict_system TO %I%s", then migrate again',
        current_user, narrow);
BEGIN
    FOREACH name IN ARRAY ARRAY['verdict_app', 'verdict_accounts', 'verdict_system'] LOOP
        IF to_regrole(name) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            EXCEPTION
                -- Another database of this server has made it meanwhile.
                WHEN duplicate_object OR unique_violation THEN NULL;
                WHEN insufficient_privilege THEN
                    RAISE insufficient_privilege USING MESSAGE = format('%s may not create the role %s: %s',
                        current_user, name, say);
            END;
        END IF;
        IF NOT pg_has_role(current_user, name, kind) THEN
            BEGIN
                EXECUTE format('GRANT %I TO %I%s', name, current_user, narrow);
            EXCEPTION WHEN insufficient_privilege THEN
                RAISE insufficient_privilege USING MESSAGE = format('%s may not become the role %s: %s',
                    current_user, name, say);
            END;
        END IF;
        IF (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = name) THEN
            RAISE insufficient_privilege USING MESSAGE = format('the role %s would pass by row-level security: '
                'let a superuser run "ALTER ROLE %s NOSUPERUSER NOBYPASSRLS", then migrate again', name, name);
        END IF;
    END LOOP;
END
$$;

CREATE FUNCTION present_tenants() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT NULLIF(current_setting('verdict.tenants', true), '')::uuid[] $$;
CREATE FUNCTION present_account() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT NULLIF(current_setting('verdict.account', true), '')::uuid $$;

-- What every table with rows of tenants or people has: the relay's policy, the owner's while a migration runs, and that
-- of the version before, which works as the role that it logs in as and says for nobody whom it works for. It writes
-- later tables too, by triggers. The next release takes its policy away from all of them.
CREATE FUNCTION guard_table(guarded regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    owner regrole := (SELECT relowner FROM pg_class WHERE oid = guarded);
    others text := (SELECT string_agg(DISTINCT role::text, ', ') FROM (
        SELECT owner AS role UNION
        SELECT grantee::regrole FROM pg_class, aclexplode(relacl) WHERE pg_class.oid = guarded AND grantee <> 0
            AND grantee NOT IN ('verdict_app'::regrole, 'verdict_accounts'::regrole, 'verdict_system'::regrole)
    ) AS roles);
    old record;
BEGIN
    FOR old IN SELECT polname FROM pg_policy WHERE polrelid = guarded LOOP
        EXECUTE format('DROP POLICY %I ON %s', old.polname, guarded);
    END LOOP;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY every_tenant ON %s TO verdict_system USING (true) WITH CHECK (true)', guarded);
    EXECUTE format('CREATE POLICY migration ON %s TO %s USING (current_setting(''verdict.migrating'', true) = ''on'') '
        'WITH CHECK (current_setting(''verdict.migrating'', true) = ''on'')', guarded, owner);
    EXECUTE format('CREATE POLICY version_before ON %s TO %s USING (true) WITH CHECK (true)', guarded, others);
END
$$;

-- For a table whose rows belong to an organization. A later migration that makes one says
-- SELECT protect_tenant_table('its_name').
CREATE FUNCTION protect_tenant_table(guarded regclass, organization name DEFAULT 'organization_id') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM guard_table(guarded);
    EXECUTE format('CREATE POLICY tenant ON %s TO verdict_app, verdict_accounts '
        'USING (%I = ANY ((SELECT present_tenants())::uuid[])) '
        'WITH CHECK (%2$I = ANY ((SELECT present_tenants())::uuid[]))', guarded, organization);
END
$$;

-- For a table whose rows belong to a person, wherever they are a member.
CREATE FUNCTION protect_account_table(guarded regclass, person name DEFAULT 'user_id') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM guard_table(guarded);
    EXECUTE format('CREATE POLICY account ON %s TO verdict_app USING (%I = (SELECT present_account())) '
        'WITH CHECK (%2$I = (SELECT present_account()))', guarded, person);
    PERFORM open_to_accounts(guarded, 'ALL');
END
$$;

-- Lets verdict_accounts do `command` (SELECT, UPDATE, ALL …) with every row: where it is looked up who somebody is.
CREATE FUNCTION open_to_accounts(guarded regclass, command text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE POLICY %I ON %s FOR %s TO verdict_accounts %s', 'accounts_' || lower(command), guarded,
        command, CASE upper(command)
            WHEN 'SELECT' THEN 'USING (true)'
            WHEN 'DELETE' THEN 'USING (true)'
            WHEN 'INSERT' THEN 'WITH CHECK (true)'
            ELSE 'USING (true) WITH CHECK (true)' END);
END
$$;

DO $$
DECLARE
    here name := current_schema();
    each record;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO verdict_app, verdict_accounts, verdict_system', here);
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO verdict_app, verdict_accounts, verdict_system', current_database());
    FOR each IN
        SELECT oid::regclass AS name, relkind = 'S' AS is_sequence FROM pg_class
        WHERE relnamespace = here::regnamespace AND relkind IN ('r', 'v', 'S')
            AND pg_has_role(current_user, relowner, 'USAGE')
    LOOP
        EXECUTE format('GRANT %s ON %s TO verdict_app, verdict_accounts, verdict_system',
            CASE WHEN each.is_sequence THEN 'USAGE' ELSE 'SELECT, INSERT, UPDATE, DELETE' END, each.name);
    END LOOP;
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES '
        'TO verdict_app, verdict_accounts, verdict_system', here);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE ON SEQUENCES '
        'TO verdict_app, verdict_accounts, verdict_system', here);

    FOR each IN
        SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relkind = 'r' AND c.relnamespace = here::regnamespace AND a.attname = 'organization_id'
            AND NOT a.attisdropped ORDER BY c.relname
    LOOP
        PERFORM protect_tenant_table(each.name);
    END LOOP;
    PERFORM protect_tenant_table('organizations', 'id');
    PERFORM protect_account_table('users', 'id');
    PERFORM protect_account_table('password_resets');
    PERFORM protect_account_table('sign_in_networks');
    PERFORM guard_table('publication_blocks');

    FOR each IN
        SELECT n.name::regclass AS name, n.command FROM (VALUES
            ('memberships', 'ALL'), ('invitations', 'ALL'), ('api_tokens', 'ALL'), ('project_roles', 'SELECT'),
            ('organizations', 'SELECT'), ('roles', 'SELECT'), ('groups', 'SELECT'), ('group_members', 'SELECT'),
            ('bindings', 'SELECT')) AS n (name, command)
        WHERE to_regclass(n.name) IS NOT NULL
    LOOP
        PERFORM open_to_accounts(each.name, each.command);
    END LOOP;
END
$$;

-- Of people, a tenant sees its members.
CREATE POLICY members ON users FOR SELECT TO verdict_app USING (EXISTS (
    SELECT FROM memberships WHERE memberships.user_id = users.id
        AND memberships.organization_id = ANY ((SELECT present_tenants())::uuid[])));

-- A block belongs to its environment's tenant, whom it is told.
CREATE POLICY tenant ON publication_blocks FOR SELECT TO verdict_app USING (EXISTS (
    SELECT FROM environments WHERE environments.id = publication_blocks.environment_id));

-- What has been done is added to, whoever asks; and nobody but a migration says what was migrated.
REVOKE UPDATE, DELETE ON audit_entries FROM verdict_app, verdict_accounts, verdict_system;
REVOKE DELETE ON audit_heads FROM verdict_app, verdict_accounts, verdict_system;
REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM verdict_app, verdict_accounts, verdict_system;
REVOKE INSERT, UPDATE, DELETE ON leases, config_streams, publication_blocks FROM verdict_app, verdict_accounts;

-- As whoever asks, not as its owner.
ALTER VIEW environment_sizes SET (security_invoker = true);

-- The one figure over all tenants that a request needs: what waits for room on the stream they share.
CREATE FUNCTION unpublished_growth() RETURNS numeric LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
BEGIN
    PERFORM set_config('verdict.migrating', 'on', true);
    RETURN (SELECT COALESCE(sum(growth), 0) FROM outbox);
END
$$;
DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION unpublished_growth() SET search_path = %I, pg_temp', current_schema());
END $$;
