CREATE TABLE projects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    key text NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    revision integer NOT NULL DEFAULT 1,
    archived_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, key),
    UNIQUE (organization_id, id)
);

-- Rights that a member has in one project beyond the role in the organization.
CREATE TABLE project_roles (
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('admin', 'editor', 'viewer')),
    PRIMARY KEY (project_id, user_id),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id),
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE
);
CREATE INDEX project_roles_user ON project_roles (user_id);

CREATE TABLE environments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    salt text NOT NULL,
    hash_user_keys boolean NOT NULL DEFAULT false,
    pii_attributes text[] NOT NULL DEFAULT '{}',
    -- Of the row itself, for If-Match.
    revision integer NOT NULL DEFAULT 1,
    -- Of everything the environment serves; each change takes the next one, without gaps.
    version bigint NOT NULL DEFAULT 0,
    published_version bigint NOT NULL DEFAULT 0,
    published_at timestamptz,
    repair_requested_at timestamptz,
    archived_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (project_id, key),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
CREATE INDEX environments_unpublished ON environments (id)
    WHERE version > published_version OR repair_requested_at IS NOT NULL;

CREATE TABLE sdk_keys (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    environment_id uuid NOT NULL REFERENCES environments (id),
    kind text NOT NULL CHECK (kind IN ('server', 'client')),
    name text NOT NULL,
    -- The last characters, so that people can tell keys apart; the key itself is stored nowhere.
    hint text NOT NULL,
    sha256 bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sdk_keys_environment ON sdk_keys (environment_id);
