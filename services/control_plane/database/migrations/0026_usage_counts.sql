-- How much each project and environment holds, counted with each row: a limit costs a write no scan.
CREATE TABLE usage_counts (
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    -- null: of the project, the same in all its environments.
    environment_id uuid,
    kind text NOT NULL,
    used bigint NOT NULL,
    bytes bigint NOT NULL,
    UNIQUE NULLS NOT DISTINCT (project_id, environment_id, kind)
);

CREATE FUNCTION count_usage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before_bytes bigint := 0;
    after_bytes bigint := 0;
    difference integer := 0;
    organization uuid;
    project uuid;
    environment uuid;
BEGIN
    IF TG_OP <> 'DELETE' THEN
        after_bytes := octet_length(row_to_json(NEW)::text);
        organization := NEW.organization_id;
        difference := difference + 1;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        before_bytes := octet_length(row_to_json(OLD)::text);
        organization := OLD.organization_id;
        difference := difference - 1;
    END IF;
    IF difference = 0 AND before_bytes = after_bytes THEN
        RETURN NULL;
    END IF;
    IF TG_ARGV[0] = 'flag_settings' THEN
        environment := CASE TG_OP WHEN 'DELETE' THEN OLD.environment_id ELSE NEW.environment_id END;
        SELECT project_id INTO project FROM environments WHERE id = environment;
    ELSE
        project := CASE TG_OP WHEN 'DELETE' THEN OLD.project_id ELSE NEW.project_id END;
        IF TG_ARGV[0] = 'experiment' THEN
            environment := CASE TG_OP WHEN 'DELETE' THEN OLD.environment_id ELSE NEW.environment_id END;
        END IF;
    END IF;
    INSERT INTO usage_counts (organization_id, project_id, environment_id, kind, used, bytes)
    VALUES (organization, project, environment, TG_ARGV[0], difference, after_bytes - before_bytes)
    ON CONFLICT (project_id, environment_id, kind) DO UPDATE
    SET used = usage_counts.used + excluded.used, bytes = usage_counts.bytes + excluded.bytes;
    RETURN NULL;
END
$$;

CREATE TRIGGER flags_counted AFTER INSERT OR UPDATE OR DELETE ON flags
    FOR EACH ROW EXECUTE FUNCTION count_usage('flag');
CREATE TRIGGER flag_settings_counted AFTER INSERT OR UPDATE OR DELETE ON flag_settings
    FOR EACH ROW EXECUTE FUNCTION count_usage('flag_settings');
CREATE TRIGGER segments_counted AFTER INSERT OR UPDATE OR DELETE ON segments
    FOR EACH ROW EXECUTE FUNCTION count_usage('segment');
CREATE TRIGGER metrics_counted AFTER INSERT OR UPDATE OR DELETE ON metrics
    FOR EACH ROW EXECUTE FUNCTION count_usage('metric');
CREATE TRIGGER experiments_counted AFTER INSERT OR UPDATE OR DELETE ON experiments
    FOR EACH ROW EXECUTE FUNCTION count_usage('experiment');
CREATE TRIGGER layers_counted AFTER INSERT OR UPDATE OR DELETE ON layers
    FOR EACH ROW EXECUTE FUNCTION count_usage('layer');
CREATE TRIGGER holdouts_counted AFTER INSERT OR UPDATE OR DELETE ON holdouts
    FOR EACH ROW EXECUTE FUNCTION count_usage('holdout');

INSERT INTO usage_counts (organization_id, project_id, environment_id, kind, used, bytes)
SELECT organization_id, project_id, null::uuid, 'flag', count(*), sum(octet_length(row_to_json(f)::text))
    FROM flags f GROUP BY organization_id, project_id
UNION ALL
SELECT s.organization_id, e.project_id, s.environment_id, 'flag_settings', count(*),
        sum(octet_length(row_to_json(s)::text))
    FROM flag_settings s JOIN environments e ON e.id = s.environment_id
    GROUP BY s.organization_id, e.project_id, s.environment_id
UNION ALL
SELECT organization_id, project_id, null::uuid, 'segment', count(*), sum(octet_length(row_to_json(s)::text))
    FROM segments s GROUP BY organization_id, project_id
UNION ALL
SELECT organization_id, project_id, null::uuid, 'metric', count(*), sum(octet_length(row_to_json(m)::text))
    FROM metrics m GROUP BY organization_id, project_id
UNION ALL
SELECT organization_id, project_id, environment_id, 'experiment', count(*), sum(octet_length(row_to_json(x)::text))
    FROM experiments x GROUP BY organization_id, project_id, environment_id
UNION ALL
SELECT organization_id, project_id, null::uuid, 'layer', count(*), sum(octet_length(row_to_json(l)::text))
    FROM layers l GROUP BY organization_id, project_id
UNION ALL
SELECT organization_id, project_id, null::uuid, 'holdout', count(*), sum(octet_length(row_to_json(h)::text))
    FROM holdouts h GROUP BY organization_id, project_id;

CREATE INDEX environments_by_organization ON environments (organization_id);

-- What each environment that isn't archived holds, with what it shares with its project.
CREATE VIEW environment_sizes AS
SELECT e.organization_id, e.project_id, e.id AS environment_id, e.key,
    (SELECT COALESCE(sum(u.bytes), 0) FROM usage_counts u
        WHERE u.project_id = e.project_id AND (u.environment_id IS NULL OR u.environment_id = e.id)) AS bytes
FROM environments e JOIN projects p ON p.id = e.project_id
WHERE e.archived_at IS NULL AND p.archived_at IS NULL;
