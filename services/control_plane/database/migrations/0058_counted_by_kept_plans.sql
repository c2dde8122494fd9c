-- What a write changes of what is stored is counted by statements whose plans a session keeps, for each trigger its own. Made
-- anew each time, by EXECUTE, they cost more than the write itself; and twice where a row is inserted or else updated, for
-- that calls both triggers.

-- A row as it is counted, `shown` as JSON. Settings have no project of their own, and what switching changes isn't counted.
CREATE FUNCTION counted_row(counted text, shown jsonb, told json, sign integer)
RETURNS TABLE (project_id uuid, environment_id uuid, used integer, bytes integer) LANGUAGE sql STABLE AS $$
    SELECT CASE counted
            WHEN 'flag_settings' THEN
                (SELECT e.project_id FROM environments e WHERE e.id = (shown ->> 'environment_id')::uuid)
            ELSE (shown ->> 'project_id')::uuid END,
        CASE WHEN counted IN ('flag_settings', 'experiment') THEN (shown ->> 'environment_id')::uuid END,
        sign, sign * octet_length(CASE counted
            WHEN 'flag_settings' THEN (shown - '{enabled,version,updated_at}'::text[])::text
            ELSE told::text END)
$$;

CREATE OR REPLACE FUNCTION count_usage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    counted text := TG_ARGV[0];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows) THEN
            INSERT INTO usage_counts (organization_id, project_id, environment_id, kind, used, bytes)
            SELECT r.organization_id, c.project_id, c.environment_id, counted, sum(c.used), sum(c.bytes)
            FROM new_rows r, counted_row(counted, to_jsonb(r), row_to_json(r), 1) c
            GROUP BY 1, 2, 3 ORDER BY 2, 3
            ON CONFLICT (project_id, environment_id, kind) DO UPDATE
                SET used = usage_counts.used + excluded.used, bytes = usage_counts.bytes + excluded.bytes;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows) THEN
            INSERT INTO usage_counts (organization_id, project_id, environment_id, kind, used, bytes)
            SELECT r.organization_id, c.project_id, c.environment_id, counted, sum(c.used), sum(c.bytes)
            FROM old_rows r, counted_row(counted, to_jsonb(r), row_to_json(r), -1) c
            GROUP BY 1, 2, 3 ORDER BY 2, 3
            ON CONFLICT (project_id, environment_id, kind) DO UPDATE
                SET used = usage_counts.used + excluded.used, bytes = usage_counts.bytes + excluded.bytes;
        END IF;
    ELSIF EXISTS (SELECT FROM new_rows) THEN
        INSERT INTO usage_counts (organization_id, project_id, environment_id, kind, used, bytes)
        SELECT each.organization_id, each.project_id, each.environment_id, counted, sum(each.used), sum(each.bytes)
        FROM (
            SELECT r.organization_id, c.*
            FROM new_rows r, counted_row(counted, to_jsonb(r), row_to_json(r), 1) c
            UNION ALL
            SELECT r.organization_id, c.*
            FROM old_rows r, counted_row(counted, to_jsonb(r), row_to_json(r), -1) c
        ) AS each
        GROUP BY 1, 2, 3 HAVING sum(each.used) <> 0 OR sum(each.bytes) <> 0 ORDER BY 2, 3
        ON CONFLICT (project_id, environment_id, kind) DO UPDATE
            SET used = usage_counts.used + excluded.used, bytes = usage_counts.bytes + excluded.bytes;
    END IF;
    RETURN NULL;
END
$$;
