-- Who uses what inside a project: guards archiving and deletion, and is the graph in which cycles are looked for.
CREATE TABLE usages (
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    target_kind text NOT NULL CHECK (target_kind IN ('segment', 'flag', 'metric', 'layer', 'holdout')),
    target_key text NOT NULL,
    user_kind text NOT NULL CHECK (user_kind IN ('segment', 'flag', 'experiment')),
    user_key text NOT NULL,
    environment_id uuid REFERENCES environments (id),
    -- Of a flag: the variations that the user names.
    parts text[] NOT NULL,
    active boolean NOT NULL,
    UNIQUE NULLS NOT DISTINCT (project_id, user_kind, user_key, environment_id, target_kind, target_key),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);

CREATE INDEX usages_by_target ON usages (project_id, target_kind, target_key);
