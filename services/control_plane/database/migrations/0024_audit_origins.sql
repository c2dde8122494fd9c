-- Where an act came from, and the id by which one of another service is appended once. Part of the hash where they are
-- not null, so the entries of before keep theirs.
ALTER TABLE audit_entries ADD COLUMN address text;
ALTER TABLE audit_entries ADD COLUMN request_id text;
ALTER TABLE audit_entries ADD COLUMN act_id uuid;
CREATE UNIQUE INDEX audit_entries_act ON audit_entries (organization_id, act_id) WHERE act_id IS NOT NULL;

-- Where people have signed in from: other people's failures elsewhere don't slow them down there.
CREATE TABLE sign_in_networks (
    user_id uuid NOT NULL REFERENCES users (id),
    network text NOT NULL,
    last_at timestamptz NOT NULL,
    -- The last sign-in with an audit entry of its own, and how many came since.
    recorded_at timestamptz NOT NULL,
    unrecorded integer NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, network)
);
