-- Whose addresses these are: one organization's at a time, once it has shown so.
CREATE TABLE email_domains (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    domain text NOT NULL CHECK (domain = lower(domain)),
    -- What the domain's name server is to say.
    challenge text NOT NULL,
    verified_at timestamptz,
    verified_by text CHECK (verified_by IN ('dns', 'administrator')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, domain),
    CHECK ((verified_at IS NULL) = (verified_by IS NULL))
);
CREATE UNIQUE INDEX email_domains_holder ON email_domains (domain) WHERE verified_at IS NOT NULL;

CREATE TABLE identity_providers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    name text NOT NULL,
    issuer text NOT NULL,
    client_id text NOT NULL,
    sealed_client_secret bytea NOT NULL,
    scopes text[] NOT NULL,
    domains text[] NOT NULL,
    groups_claim text NOT NULL,
    -- [{"value": what stands in the claim, "group": the id of a group}]
    group_mappings jsonb NOT NULL,
    -- null: who is taken in gets no role of their own.
    default_role text,
    takes_in boolean NOT NULL,
    enforced boolean NOT NULL,
    enabled boolean NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    UNIQUE (organization_id, id)
);
CREATE INDEX identity_providers_domains ON identity_providers USING gin (domains);

-- Who a person is to an identity provider; ends with the membership.
CREATE TABLE identities (
    organization_id uuid NOT NULL,
    identity_provider_id uuid NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (identity_provider_id, subject),
    UNIQUE (identity_provider_id, user_id),
    FOREIGN KEY (organization_id, identity_provider_id) REFERENCES identity_providers (organization_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE
);
CREATE INDEX identities_user ON identities (organization_id, user_id);

-- What a directory writes with: good for the organization's SCIM addresses and for nothing else.
CREATE TABLE provisioning_tokens (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    name text NOT NULL,
    hint text NOT NULL,
    sha256 bytea NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    -- What people get whom it adds; null: no role of their own.
    default_role text,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX provisioning_tokens_organization ON provisioning_tokens (organization_id, created_at, id);

-- People as a directory tells of them. `user_id`: whose account it is, once that is sure.
CREATE TABLE directory_users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    user_name text NOT NULL,
    external_id text,
    active boolean NOT NULL,
    document jsonb NOT NULL,
    user_id uuid,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships (organization_id, user_id)
        ON DELETE SET NULL (user_id)
);
CREATE UNIQUE INDEX directory_users_name ON directory_users (organization_id, lower(user_name));
CREATE UNIQUE INDEX directory_users_user ON directory_users (organization_id, user_id) WHERE user_id IS NOT NULL;
CREATE INDEX directory_users_order ON directory_users (organization_id, created_at, id);

-- Members of provisioned groups as the directory says, whether they have an account or not.
CREATE TABLE directory_group_members (
    organization_id uuid NOT NULL,
    group_id uuid NOT NULL,
    directory_user_id uuid NOT NULL,
    -- As the directory shows the member.
    display text,
    PRIMARY KEY (group_id, directory_user_id),
    FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, directory_user_id) REFERENCES directory_users (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX directory_group_members_user ON directory_group_members (directory_user_id);

SELECT protect_tenant_table(name::regclass) FROM unnest(ARRAY['email_domains', 'identity_providers', 'identities',
    'provisioning_tokens', 'directory_users', 'directory_group_members']) AS name;
-- Asked before it is known whose they are: by the domain of an address, and by what a directory sends.
SELECT open_to_accounts('email_domains', 'SELECT');
SELECT open_to_accounts('identity_providers', 'SELECT');
SELECT open_to_accounts('provisioning_tokens', 'SELECT');
