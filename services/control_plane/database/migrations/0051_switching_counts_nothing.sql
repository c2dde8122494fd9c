-- Switching a flag on or off changes no count of what settings take up, so that it neither locks a counter that others
-- have locked, nor waits for one: it is counted what grows, without what each write of a row touches.
LOCK TABLE flag_settings IN SHARE ROW EXCLUSIVE MODE;

CREATE OR REPLACE FUNCTION count_usage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind text := TG_ARGV[0];
    project text := CASE kind
        WHEN 'flag_settings' THEN '(SELECT e.project_id FROM environments e WHERE e.id = r.environment_id)'
        ELSE 'r.project_id' END;
    environment text := CASE WHEN kind IN ('flag_settings', 'experiment') THEN 'r.environment_id' ELSE 'null::uuid' END;
    measured text := CASE kind
        WHEN 'flag_settings' THEN 'to_jsonb(r) - ''{enabled,version,updated_at}''::text[]'
        ELSE 'row_to_json(r)' END;
    counted text := 'SELECT r.organization_id, ' || project || ' AS project_id, ' || environment || ' AS environment_id, '
        '%s AS used, %s * octet_length((' || measured || ')::text) AS bytes FROM %I r';
    changed text := CASE TG_OP
        WHEN 'INSERT' THEN format(counted, 1, 1, 'new_rows')
        WHEN 'DELETE' THEN format(counted, -1, -1, 'old_rows')
        ELSE format(counted, 1, 1, 'new_rows') || ' UNION ALL ' || format(counted, -1, -1, 'old_rows') END;
BEGIN
    EXECUTE 'INSERT INTO usage_counts (organization_id, project_id, environment_id, kind, used, bytes) '
        'SELECT organization_id, project_id, environment_id, $1, sum(used), sum(bytes) FROM (' || changed || ') changed '
        'GROUP BY organization_id, project_id, environment_id HAVING sum(used) <> 0 OR sum(bytes) <> 0 '
        'ORDER BY project_id, environment_id '
        'ON CONFLICT (project_id, environment_id, kind) DO UPDATE '
        'SET used = usage_counts.used + excluded.used, bytes = usage_counts.bytes + excluded.bytes' USING kind;
    RETURN NULL;
END
$$;

UPDATE usage_counts SET bytes = held.bytes
FROM (
    SELECT e.project_id, s.environment_id,
        sum(octet_length((to_jsonb(s) - '{enabled,version,updated_at}'::text[])::text)) AS bytes
    FROM flag_settings s JOIN environments e ON e.id = s.environment_id
    GROUP BY e.project_id, s.environment_id
) held
WHERE usage_counts.kind = 'flag_settings'
    AND usage_counts.project_id = held.project_id AND usage_counts.environment_id = held.environment_id;
