-- An experiment may run on a remote config, which it uses then.
ALTER TABLE usages
    DROP CONSTRAINT usages_target_kind_check,
    ADD CONSTRAINT usages_target_kind_check CHECK (target_kind IN ('segment', 'flag', 'config', 'metric', 'layer', 'holdout'));

-- What leads from an entity to experiments that run: each hop with what it was reached from, `[environment, kind, key, from
-- kind, from key]`. Experiments are left by the flag or the remote config
-- that they run on: who is in one changes what that serves.
-- `NULL` where no experiment is reached, which is nearly always: so it is asked first whether any runs.
CREATE OR REPLACE FUNCTION experiments_reached(organization uuid, project uuid, kind text, key text, environment text)
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
        SELECT CASE WHEN EXISTS (
            SELECT FROM configs c WHERE c.organization_id = organization AND c.project_id = project AND c.key = x.flag
        ) THEN 'config' ELSE 'flag' END, x.flag, x.environment_id INTO kind, key, within FROM experiments x
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
                AND u.user_kind = 'experiment' AND u.user_key = h.user_key AND u.active
                AND u.target_kind IN ('flag', 'config')
        ) AS onward
        WHERE h.environment_id IS NULL OR onward.environment_id IS NULL OR onward.environment_id = h.environment_id
    )
    SELECT jsonb_agg(jsonb_build_array(environment_id, user_kind, user_key, from_kind, from_key)
        ORDER BY environment_id, user_kind, user_key, from_kind, from_key)
    INTO found FROM hops WHERE EXISTS (SELECT FROM hops x WHERE x.user_kind = 'experiment');
    RETURN found;
END
$$;
