-- Tables with an organization that came without their policy.
DO $$
DECLARE
    each record;
BEGIN
    FOR each IN
        SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND NOT c.relrowsecurity
            AND a.attname = 'organization_id' AND NOT a.attisdropped ORDER BY c.relname
    LOOP
        PERFORM protect_tenant_table(each.name);
    END LOOP;
END
$$;
