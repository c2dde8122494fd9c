-- A rollout moves the share of one variation in what a flag's rule or default serves in one environment. `plan` is what its
-- author wrote, `original` what was served before it began, `written` what it has last made of that. `position` is the
-- last step taken, -1 before the first; `due_at` when the next one is; `remaining_seconds` is left of that while it rests.
-- `revision` grows with every step and every change of state. Ended ones are published for another day.
CREATE TABLE rollouts (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    environment_id uuid NOT NULL REFERENCES environments (id),
    key text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    flag text NOT NULL,
    -- null: the default.
    rule text,
    variation text NOT NULL,
    bucket_by text,
    plan json NOT NULL,
    guards json NOT NULL,
    alpha double precision NOT NULL,
    on_experiments text,
    state text NOT NULL CHECK (
        state IN ('pending', 'running', 'held', 'paused', 'completed', 'rolled_back', 'cancelled')
    ),
    position integer NOT NULL,
    approved integer NOT NULL,
    awaits_approval boolean NOT NULL,
    share integer NOT NULL,
    stages json NOT NULL,
    original json,
    -- The default was the flag's own.
    inherited boolean NOT NULL,
    written json,
    due_at timestamptz,
    remaining_seconds double precision,
    cause json NOT NULL,
    revision bigint NOT NULL,
    published boolean NOT NULL,
    created_by json NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    UNIQUE (environment_id, key),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);

-- One at a time moves a share.
CREATE UNIQUE INDEX rollouts_of_a_target ON rollouts (environment_id, flag, COALESCE(rule, ''))
    WHERE state IN ('running', 'held', 'paused');
CREATE INDEX rollouts_due ON rollouts (due_at) WHERE state = 'running';
CREATE INDEX rollouts_ended ON rollouts (ended_at) WHERE published AND ended_at IS NOT NULL;
CREATE INDEX rollouts_by_age ON rollouts (environment_id, created_at, id);
SELECT protect_tenant_table('rollouts');

-- What has become of it, one row for each revision, which makes that each step is taken once. Only appended.
CREATE TABLE rollout_transitions (
    rollout_id uuid NOT NULL REFERENCES rollouts (id) ON DELETE CASCADE,
    revision bigint NOT NULL,
    organization_id uuid NOT NULL,
    at timestamptz NOT NULL,
    action text NOT NULL,
    state text NOT NULL,
    position integer NOT NULL,
    share integer NOT NULL,
    by_name text NOT NULL,
    cause json NOT NULL,
    PRIMARY KEY (rollout_id, revision)
);
SELECT protect_tenant_table('rollout_transitions');

-- The last look of the monitor at a guarded rollout: when, at which revision, and whether it asks for anything. Its next
-- step waits for a fresh one that asks for nothing.
CREATE TABLE rollout_looks (
    rollout_id uuid PRIMARY KEY REFERENCES rollouts (id) ON DELETE CASCADE,
    organization_id uuid NOT NULL,
    revision bigint NOT NULL,
    looked_at timestamptz NOT NULL,
    quiet boolean NOT NULL
);
SELECT protect_tenant_table('rollout_looks');

-- Plans and guards with a name, to begin rollouts with.
CREATE TABLE rollout_templates (
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    plan json NOT NULL,
    guards json NOT NULL,
    alpha double precision NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, key),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
SELECT protect_tenant_table('rollout_templates');

-- Of whoever takes the steps.
INSERT INTO leases (name) VALUES ('schedule');
