-- The newest term of the monitor that was heard of an environment: verdicts of an older one are refused.
CREATE TABLE verdict_epochs (
    environment_id uuid PRIMARY KEY REFERENCES environments (id),
    organization_id uuid NOT NULL,
    epoch bigint NOT NULL
);
SELECT protect_tenant_table('verdict_epochs');

-- The last verdict on each rollout, and what came of it. One that is not newer, by the monitor's term and its place in
-- the stream, is not taken; so each is taken once.
CREATE TABLE rollout_verdicts (
    rollout_id uuid PRIMARY KEY REFERENCES rollouts (id) ON DELETE CASCADE,
    organization_id uuid NOT NULL,
    revision bigint NOT NULL,
    epoch bigint NOT NULL,
    sequence bigint NOT NULL,
    looked_at timestamptz NOT NULL,
    monitor_id text NOT NULL,
    action text NOT NULL,
    outcome text NOT NULL,
    findings json NOT NULL,
    received_at timestamptz NOT NULL
);
SELECT protect_tenant_table('rollout_verdicts');

-- What a guard found that asked for something. It stays when its rollout is deleted. `recovered_at`: the guard asked for
-- nothing any more; until then it has one incident in its rollout, and is answered by that.
CREATE TABLE incidents (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    environment_id uuid NOT NULL REFERENCES environments (id),
    rollout_id uuid NOT NULL,
    rollout text NOT NULL,
    flag text NOT NULL,
    variation text NOT NULL,
    guard text NOT NULL,
    action text NOT NULL CHECK (action IN ('notify', 'hold', 'roll_back')),
    done text NOT NULL CHECK (done IN ('told', 'held', 'rolled_back', 'nothing')),
    share integer NOT NULL,
    revision bigint NOT NULL,
    epoch bigint NOT NULL,
    looked_at timestamptz NOT NULL,
    monitor_id text NOT NULL,
    finding json NOT NULL,
    opened_at timestamptz NOT NULL,
    recovered_at timestamptz,
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
CREATE UNIQUE INDEX incidents_of_a_guard ON incidents (rollout_id, guard) WHERE recovered_at IS NULL;
CREATE INDEX incidents_by_age ON incidents (environment_id, opened_at, id);
SELECT protect_tenant_table('incidents');
