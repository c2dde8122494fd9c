-- Counted by statement instead of by row: ten thousand rows at once would change one counter ten thousand times.
DROP TRIGGER flags_counted ON flags;
DROP TRIGGER flag_settings_counted ON flag_settings;
DROP TRIGGER segments_counted ON segments;
DROP TRIGGER metrics_counted ON metrics;
DROP TRIGGER experiments_counted ON experiments;
DROP TRIGGER layers_counted ON layers;
DROP TRIGGER holdouts_counted ON holdouts;
DROP FUNCTION count_usage();

CREATE FUNCTION count_usage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind text := TG_ARGV[0];
    project text := CASE kind
        WHEN 'flag_settings' THEN '(SELECT e.project_id FROM environments e WHERE e.id = r.environment_id)'
        ELSE 'r.project_id' END;
    environment text := CASE WHEN kind IN ('flag_settings', 'experiment') THEN 'r.environment_id' ELSE 'null::uuid' END;
    counted text := 'SELECT r.organization_id, ' || project || ' AS project_id, ' || environment || ' AS environment_id, '
        '%s AS used, %s * octet_length(row_to_json(r)::text) AS bytes FROM %I r';
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

DO $$
DECLARE
    counted record;
BEGIN
    FOR counted IN SELECT * FROM (VALUES ('flags', 'flag'), ('flag_settings', 'flag_settings'), ('segments', 'segment'),
        ('metrics', 'metric'), ('experiments', 'experiment'), ('layers', 'layer'), ('holdouts', 'holdout'))
        AS t (name, kind)
    LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows '
            'FOR EACH STATEMENT EXECUTE FUNCTION count_usage(%L)', counted.name || '_added', counted.name, counted.kind);
        EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %I REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows '
            'FOR EACH STATEMENT EXECUTE FUNCTION count_usage(%L)', counted.name || '_changed', counted.name, counted.kind);
        EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows '
            'FOR EACH STATEMENT EXECUTE FUNCTION count_usage(%L)', counted.name || '_removed', counted.name, counted.kind);
    END LOOP;
END
$$;
