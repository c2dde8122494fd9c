-- Whether a rollout that runs owns something of what a flag serves in an environment. It is asked with the flag: a write of
-- its rules pays no further round trip for what is nearly always no.
CREATE FUNCTION share_owned(organization uuid, environment uuid, flag_key text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM rollouts r WHERE r.organization_id = organization AND r.environment_id = environment
            AND r.flag = flag_key AND r.state = 'running'
    )
$$;
