CREATE TABLE segments (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    tags text[] NOT NULL,
    -- json, not jsonb: 1 and 1.0 stay apart, and large floats keep their form.
    included json NOT NULL,
    excluded json NOT NULL,
    condition json,
    archived boolean NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (project_id, key),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
