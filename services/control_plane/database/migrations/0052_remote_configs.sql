-- Remote configs: JSON objects of a project with a JSON Schema, and what is set of them in each environment.
CREATE TABLE configs (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    tags text[] NOT NULL,
    owner text,
    -- json, not jsonb: 1 and 1.0 stay apart, and large floats keep their form.
    json_schema json NOT NULL,
    value json NOT NULL,
    client_visible boolean NOT NULL,
    metadata json NOT NULL,
    archived boolean NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (project_id, key),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);

-- An environment without a row serves the config's own value.
CREATE TABLE config_settings (
    config_id uuid NOT NULL REFERENCES configs (id) ON DELETE CASCADE,
    environment_id uuid NOT NULL REFERENCES environments (id),
    organization_id uuid NOT NULL,
    -- null: the config's own.
    value json,
    resolve text NOT NULL CHECK (resolve IN ('first', 'merge')),
    overrides json NOT NULL,
    -- Sets of positions of overrides that together give what the schema refuses. Follows from the rest.
    invalid json NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (environment_id, config_id)
);
CREATE INDEX config_settings_by_config ON config_settings (config_id);

SELECT protect_tenant_table('configs');
SELECT protect_tenant_table('config_settings');

ALTER TABLE usages
    DROP CONSTRAINT usages_user_kind_check,
    ADD CONSTRAINT usages_user_kind_check CHECK (user_kind IN ('segment', 'flag', 'config', 'experiment'));

CREATE OR REPLACE FUNCTION count_usage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind text := TG_ARGV[0];
    project text := CASE
        WHEN kind IN ('flag_settings', 'config_settings')
            THEN '(SELECT e.project_id FROM environments e WHERE e.id = r.environment_id)'
        ELSE 'r.project_id' END;
    environment text := CASE
        WHEN kind IN ('flag_settings', 'config_settings', 'experiment') THEN 'r.environment_id'
        ELSE 'null::uuid' END;
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

DO $$
DECLARE
    counted record;
BEGIN
    FOR counted IN SELECT * FROM (VALUES ('configs', 'config'), ('config_settings', 'config_settings')) AS t (name, kind)
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
