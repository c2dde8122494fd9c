-- Settings of remote configs have no project of their own either: without this none could be saved since their counting
-- was written anew.
CREATE OR REPLACE FUNCTION counted_row(counted text, shown jsonb, told json, sign integer)
RETURNS TABLE (project_id uuid, environment_id uuid, used integer, bytes integer) LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN counted IN ('flag_settings', 'config_settings') THEN
                (SELECT e.project_id FROM environments e WHERE e.id = (shown ->> 'environment_id')::uuid)
            ELSE (shown ->> 'project_id')::uuid END,
        CASE WHEN counted IN ('flag_settings', 'config_settings', 'experiment')
            THEN (shown ->> 'environment_id')::uuid END,
        sign, sign * octet_length(CASE counted
            WHEN 'flag_settings' THEN (shown - '{enabled,version,updated_at}'::text[])::text
            ELSE told::text END)
$$;
