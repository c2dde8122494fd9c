-- Why, by which right, and for whom. Part of the hash where they are not null, so the entries of before keep theirs.
ALTER TABLE audit_entries
    ADD COLUMN reason text,
    ADD COLUMN used_right text,
    ADD COLUMN behalf_kind text,
    ADD COLUMN behalf_id text,
    ADD COLUMN behalf_name text;

-- The environments that an entry gave a version: an index of audit_entries.environment_versions in the order of lists.
CREATE TABLE audit_entry_environments (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    environment_id uuid NOT NULL,
    at timestamptz NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (organization_id, environment_id, at, number)
);

INSERT INTO audit_entry_environments (organization_id, environment_id, at, number)
SELECT organization_id, given::uuid, at, number FROM audit_entries, jsonb_object_keys(environment_versions) AS given;

CREATE FUNCTION index_audit_environments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_entry_environments (organization_id, environment_id, at, number)
    SELECT organization_id, given::uuid, at, number FROM added, jsonb_object_keys(added.environment_versions) AS given;
    RETURN NULL;
END
$$;

CREATE TRIGGER audit_environments_indexed AFTER INSERT ON audit_entries REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION index_audit_environments();

-- Lists go from the newest to the oldest; each filter has an index in that order.
CREATE INDEX audit_entries_by_time ON audit_entries (organization_id, at, number);
CREATE INDEX audit_entries_by_actor ON audit_entries (organization_id, actor_id, at, number);
CREATE INDEX audit_entries_by_name ON audit_entries (organization_id, lower(actor_name), at, number);
CREATE INDEX audit_entries_by_kind ON audit_entries (organization_id, actor_kind, at, number);
CREATE INDEX audit_entries_by_behalf ON audit_entries (organization_id, behalf_id, at, number)
    WHERE behalf_id IS NOT NULL;
CREATE INDEX audit_entries_by_action ON audit_entries (organization_id, action, at, number);
CREATE INDEX audit_entries_by_entity ON audit_entries (organization_id, entity, at, number);
CREATE INDEX audit_entries_by_key ON audit_entries (organization_id, entity_key text_pattern_ops, at, number);
CREATE INDEX audit_entries_by_project ON audit_entries (organization_id, project_id, at, number);
CREATE INDEX audit_entries_by_reason ON audit_entries USING gin (to_tsvector('simple', reason))
    WHERE reason IS NOT NULL;
DROP INDEX audit_entries_entity;
DROP INDEX audit_entries_project;

-- Heads of chains are signed, so that whoever holds one sees when the chain was written anew.
CREATE TABLE audit_signing_keys (
    -- The thumbprint of the public key, as RFC 7638 has it.
    kid text PRIMARY KEY,
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),
    -- Sealed; null when it signs no more. The public key stays for ever.
    private_key bytea,
    created_at timestamptz NOT NULL
);

CREATE TABLE audit_signed_heads (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    number bigint NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    at timestamptz NOT NULL,
    kid text NOT NULL REFERENCES audit_signing_keys (kid),
    jws text NOT NULL,
    PRIMARY KEY (organization_id, number)
);

CREATE TRIGGER audit_signed_heads_append_only BEFORE UPDATE OR DELETE ON audit_signed_heads
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
