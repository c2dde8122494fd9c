-- One unit that testers or support have put into a variation of a flag, in one environment and until it expires.
CREATE TABLE overrides (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    environment_id uuid NOT NULL REFERENCES environments (id),
    flag_id uuid NOT NULL REFERENCES flags (id) ON DELETE CASCADE,
    unit text NOT NULL,
    variation text NOT NULL,
    -- The key of the experiment that it was set for; null: for the flag itself.
    experiment text,
    reason text NOT NULL,
    set_by text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    UNIQUE (environment_id, flag_id, unit)
);

CREATE INDEX overrides_by_unit ON overrides (environment_id, unit);
CREATE INDEX overrides_by_age ON overrides (environment_id, created_at, id);
CREATE INDEX overrides_by_flag ON overrides (flag_id);

SELECT protect_tenant_table('overrides');
