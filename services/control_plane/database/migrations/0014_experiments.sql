-- Experiments of one layer own disjoint parts of it, so no unit is in two of them.
CREATE TABLE layers (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    tags text[] NOT NULL,
    archived boolean NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (project_id, key),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);

-- A share of units (hundredths of a percent) that no experiment naming this holdout enrols.
CREATE TABLE holdouts (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    tags text[] NOT NULL,
    share integer NOT NULL CHECK (share BETWEEN 0 AND 10000),
    archived boolean NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (project_id, key),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);

-- Times are milliseconds since the Unix epoch; shares and traffic are hundredths of a percent.
CREATE TABLE experiments (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    environment_id uuid NOT NULL REFERENCES environments (id),
    -- The environment's key, which never changes.
    environment text NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    hypothesis text NOT NULL,
    tags text[] NOT NULL,
    flag text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('assigns', 'observes')),
    status text NOT NULL CHECK (status IN ('draft', 'running', 'stopped')),
    variations json NOT NULL,
    control text NOT NULL,
    traffic integer NOT NULL CHECK (traffic BETWEEN 0 AND 10000),
    audience json,
    bucket_by text,
    layer text,
    layer_share integer,
    slot_start integer,
    slot_end integer,
    holdouts text[] NOT NULL,
    metrics json NOT NULL,
    plan json NOT NULL,
    start_at bigint,
    stop_at bigint,
    archived boolean NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (project_id, key),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);

CREATE INDEX experiments_by_environment ON experiments (environment_id, flag);
