CREATE TABLE metrics (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    tags text[] NOT NULL,
    aggregation text NOT NULL CHECK (
        aggregation IN ('conversion', 'sum', 'count', 'mean', 'ratio', 'quantile', 'retention')
    ),
    direction text NOT NULL CHECK (direction IN ('higher_is_better', 'lower_is_better')),
    event text NOT NULL,
    denominator_event text,
    quantile double precision,
    window_start_seconds bigint,
    window_end_seconds bigint,
    winsorize_at double precision,
    archived boolean NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (project_id, key),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
