-- A person proves an address by a one-time link and chooses the password: nobody else ever knows it.
ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL;
-- Never changed, so whoever added the person was shown it.
UPDATE users SET password_hash = NULL, session_generation = session_generation + 1
WHERE session_generation = 1 AND NOT is_administrator;

CREATE TABLE invitations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    email text NOT NULL,
    name text,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
    -- Of the link; the link itself is stored nowhere.
    sha256 bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    mailed boolean NOT NULL,
    created_by_kind text NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    -- Accepted, withdrawn, or replaced by a later one.
    ended_at timestamptz
);
CREATE UNIQUE INDEX invitations_open ON invitations (organization_id, lower(email)) WHERE ended_at IS NULL;

CREATE TABLE password_resets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (id),
    sha256 bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    mailed boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX password_resets_user ON password_resets (user_id) WHERE ended_at IS NULL;
