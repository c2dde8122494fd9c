-- Changes of who gets what inside a running experiment that were let through: accepted with a reason, or a switching off
-- or stop, which wait for nothing. `changed` names the entity, `disturbances` what is otherwise and the path to it. Only appended.
CREATE TABLE disturbances (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    environment_id uuid NOT NULL REFERENCES environments (id),
    experiment_id uuid NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    by_name text NOT NULL,
    cause text NOT NULL CHECK (cause IN ('accepted', 'switched_off', 'stopped')),
    reason text,
    changed json NOT NULL,
    disturbances json NOT NULL,
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);

CREATE INDEX disturbances_of_experiment ON disturbances (experiment_id, number);
SELECT protect_tenant_table('disturbances');

-- What leads from an entity to experiments that run: each hop with what it was reached from, `[environment, kind, key, from
-- kind, from key]`. Experiments are left by the flag that they run on: who is in one changes what its flag serves.
-- `NULL` where no experiment is reached, which is nearly always: so it is asked first whether any runs.
CREATE FUNCTION experiments_reached(organization uuid, project uuid, kind text, key text, environment text)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    within uuid := (SELECT e.id FROM environments e WHERE e.organization_id = organization AND e.project_id = project
        AND e.key = experiments_reached.environment);
    found jsonb;
BEGIN
    IF kind IS NULL OR NOT EXISTS (
        SELECT FROM usages u
        WHERE u.organization_id = organization AND u.project_id = project AND u.user_kind = 'experiment' AND u.active
    ) THEN
        RETURN NULL;
    END IF;
    IF kind = 'experiment' THEN
        SELECT 'flag', x.flag, x.environment_id INTO kind, key, within FROM experiments x
        WHERE x.organization_id = organization AND x.project_id = project AND x.key = experiments_reached.key;
    END IF;
    WITH RECURSIVE hops AS (
        SELECT COALESCE(u.environment_id, within) AS environment_id, u.user_kind, u.user_key, u.target_kind AS from_kind,
            u.target_key AS from_key
        FROM usages u
        WHERE u.organization_id = organization AND u.project_id = project AND u.target_kind = kind
            AND u.target_key = experiments_reached.key AND u.active
            AND (within IS NULL OR u.environment_id IS NULL OR u.environment_id = within)
        UNION
        SELECT COALESCE(h.environment_id, onward.environment_id), onward.user_kind, onward.user_key, h.user_kind, h.user_key
        FROM hops h CROSS JOIN LATERAL (
            SELECT u.environment_id, u.user_kind, u.user_key FROM usages u
            WHERE u.organization_id = organization AND u.project_id = project AND u.target_kind = h.user_kind
                AND u.target_key = h.user_key AND u.active
            UNION ALL
            SELECT u.environment_id, u.target_kind, u.target_key FROM usages u
            WHERE h.user_kind = 'experiment' AND u.organization_id = organization AND u.project_id = project
                AND u.user_kind = 'experiment' AND u.user_key = h.user_key AND u.active AND u.target_kind = 'flag'
        ) AS onward
        WHERE h.environment_id IS NULL OR onward.environment_id IS NULL OR onward.environment_id = h.environment_id
    )
    SELECT jsonb_agg(jsonb_build_array(environment_id, user_kind, user_key, from_kind, from_key)
        ORDER BY environment_id, user_kind, user_key, from_kind, from_key)
    INTO found FROM hops WHERE EXISTS (SELECT FROM hops x WHERE x.user_kind = 'experiment');
    RETURN found;
END
$$;

-- As before, with what leads from the entity that is about to be written to experiments that run.
CREATE FUNCTION open_project(
    by_id uuid, by_key text, organizations uuid[], writable uuid[], kind text, entity_key text, environment text
) RETURNS TABLE (
    locked boolean, project_key text, project_archived boolean, id uuid, organization_id uuid, project_id uuid, key text,
    name text, salt text, hash_user_keys boolean, pii_attributes text[], exposure_attributes text[], revision integer,
    version bigint, published_version bigint, published_at timestamptz, archived_at timestamptz, protected boolean,
    reason_required boolean, approval_required boolean, "position" integer, reached jsonb
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    hops jsonb;
BEGIN
    PERFORM FROM projects p
    WHERE (p.id = by_id OR (by_id IS NULL AND p.key = by_key)) AND p.organization_id = ANY (organizations)
        AND (p.organization_id = ANY (writable) OR p.id = ANY (writable))
    FOR UPDATE;
    SELECT experiments_reached(p.organization_id, p.id, open_project.kind, open_project.entity_key, open_project.environment)
    INTO hops FROM projects p
    WHERE (p.id = by_id OR (by_id IS NULL AND p.key = by_key)) AND p.organization_id = ANY (organizations) LIMIT 1;
    RETURN QUERY
    SELECT o.*, hops FROM open_project(by_id, by_key, organizations, writable) o;
END
$$;
