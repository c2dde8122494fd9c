CREATE TABLE flags (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    tags text[] NOT NULL,
    type text NOT NULL CHECK (type IN ('boolean', 'string', 'integer', 'number', 'object')),
    variations json NOT NULL,
    off_variation text NOT NULL,
    default_serve json NOT NULL,
    client_visible boolean NOT NULL,
    archived boolean NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (project_id, key),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);

CREATE INDEX flags_by_tag ON flags USING gin (tags);

-- An environment without a row has the settings of a new flag: off, and nothing of its own.
CREATE TABLE flag_settings (
    flag_id uuid NOT NULL REFERENCES flags (id) ON DELETE CASCADE,
    environment_id uuid NOT NULL REFERENCES environments (id),
    organization_id uuid NOT NULL,
    enabled boolean NOT NULL,
    rules json NOT NULL,
    targets json NOT NULL,
    prerequisites json NOT NULL,
    -- null: the flag's own default and off variation.
    default_serve json,
    off_variation text,
    report_exposures boolean NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (environment_id, flag_id)
);

CREATE INDEX flag_settings_by_flag ON flag_settings (flag_id);
