-- Limits that an operator has set for one organization, in the place of the installation's.
CREATE TABLE quota_overrides (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    quota text NOT NULL,
    maximum bigint NOT NULL CHECK (maximum >= 0),
    PRIMARY KEY (organization_id, quota)
);

-- How full the leading relay last saw a stream.
CREATE TABLE config_streams (
    name text PRIMARY KEY,
    bytes bigint NOT NULL,
    bytes_max bigint NOT NULL,
    observed_at timestamptz NOT NULL
);

-- By how many bytes a change made what is published grow.
ALTER TABLE outbox ADD COLUMN growth bigint NOT NULL DEFAULT 0;
