-- A person who is signed in, from one browser or one program. What either holds is stored as SHA-256 alone.
CREATE TABLE sessions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (id),
    -- A browser has a cookie; a program has access tokens and a refresh token.
    kind text NOT NULL CHECK (kind IN ('cookie', 'tokens')),
    -- That of the person when it began: a new password ends those of earlier ones.
    generation integer NOT NULL,
    -- Of the cookie, or of what all refresh tokens of the session share.
    sha256 bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    -- Of the one refresh token that has not been used.
    refresh_sha256 bytea CHECK (octet_length(refresh_sha256) = 32),
    -- When the last access token ends that was given in it, here and at the other services.
    tokens_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- To the minute.
    last_used_at timestamptz NOT NULL,
    idle_until timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    user_agent text NOT NULL DEFAULT '',
    network text NOT NULL DEFAULT '',
    CHECK (kind = 'cookie' OR refresh_sha256 IS NOT NULL)
);
CREATE INDEX sessions_user ON sessions (user_id, last_used_at);
CREATE INDEX sessions_expire ON sessions (expires_at);

-- What access tokens are signed with, and verified by. The newest that has begun signs.
CREATE TABLE signing_keys (
    id text PRIMARY KEY,
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
    -- Encrypted; the secret of that is a setting.
    sealed_key bytea NOT NULL,
    created_at timestamptz NOT NULL,
    signs_from timestamptz NOT NULL,
    -- From then on nothing is verified by it; empty while it signs, or is to.
    expires_at timestamptz
);

SELECT protect_account_table('sessions');
