-- Roles have new names, and an organization makes its own: what somebody is stands in `role_key`. `role` is what the
-- version before reads and writes while it is replaced; each is carried over to the other.
CREATE FUNCTION role_before(role_key text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE role_key WHEN 'owner' THEN 'owner' WHEN 'administrator' THEN 'admin' WHEN 'developer' THEN 'editor'
        ELSE 'viewer' END
$$;
CREATE FUNCTION role_after(role text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE role WHEN 'admin' THEN 'administrator' WHEN 'editor' THEN 'developer' ELSE role END
$$;
CREATE FUNCTION carry_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.role IS NULL THEN
            NEW.role := role_before(NEW.role_key);
        ELSE
            NEW.role_key := role_after(NEW.role);
        END IF;
    ELSIF NEW.role_key IS DISTINCT FROM OLD.role_key THEN
        NEW.role := role_before(NEW.role_key);
    ELSIF NEW.role IS DISTINCT FROM OLD.role THEN
        NEW.role_key := role_after(NEW.role);
    END IF;
    RETURN NEW;
END
$$;

-- null: a member without a role of their own everywhere; what bindings give counts alone.
ALTER TABLE memberships ADD COLUMN role_key text;
ALTER TABLE memberships ADD COLUMN deactivated_at timestamptz;
UPDATE memberships SET role_key = role_after(role);
CREATE TRIGGER memberships_role BEFORE INSERT OR UPDATE ON memberships FOR EACH ROW EXECUTE FUNCTION carry_role();

ALTER TABLE invitations ADD COLUMN role_key text;
UPDATE invitations SET role_key = role_after(role);
CREATE TRIGGER invitations_role BEFORE INSERT OR UPDATE ON invitations FOR EACH ROW EXECUTE FUNCTION carry_role();

-- A token's role holds at the organization, or at the place that is given; `rights` narrows it further.
ALTER TABLE api_tokens ADD COLUMN role_key text;
ALTER TABLE api_tokens ADD COLUMN project_id uuid REFERENCES projects (id);
ALTER TABLE api_tokens ADD COLUMN environment_id uuid REFERENCES environments (id);
ALTER TABLE api_tokens ADD COLUMN rights text[];
UPDATE api_tokens SET role_key = role_after(role);
CREATE TRIGGER api_tokens_role BEFORE INSERT OR UPDATE ON api_tokens FOR EACH ROW EXECUTE FUNCTION carry_role();

ALTER TABLE environments ADD COLUMN protected boolean NOT NULL DEFAULT false;
ALTER TABLE environments ADD COLUMN reason_required boolean NOT NULL DEFAULT false;
-- Where it stands among its project's: dev before staging before production.
ALTER TABLE environments ADD COLUMN position integer NOT NULL DEFAULT 0;
UPDATE environments SET position = placed.position
FROM (SELECT id, row_number() OVER (PARTITION BY project_id ORDER BY created_at, key) AS position FROM environments) placed
WHERE placed.id = environments.id;
ALTER TABLE environments ADD CONSTRAINT environments_tenant UNIQUE (organization_id, project_id, id);

CREATE TABLE roles (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    key text NOT NULL,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    rights text[] NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (organization_id, key)
);

CREATE TABLE groups (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    key text NOT NULL,
    name text NOT NULL,
    -- What the identity provider calls it, where one keeps it.
    external_id text,
    provisioned boolean NOT NULL DEFAULT false,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (organization_id, key),
    UNIQUE (organization_id, id)
);

CREATE TABLE group_members (
    organization_id uuid NOT NULL,
    group_id uuid NOT NULL,
    user_id uuid NOT NULL,
    PRIMARY KEY (group_id, user_id),
    FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE
);
CREATE INDEX group_members_user ON group_members (user_id);
CREATE INDEX group_members_organization ON group_members (organization_id, user_id);

-- A person, a group or a token holds a role at a place, and in all that lies inside.
CREATE TABLE bindings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL REFERENCES organizations (id),
    user_id uuid,
    group_id uuid,
    token_id uuid REFERENCES api_tokens (id),
    role_key text NOT NULL,
    project_id uuid,
    environment_id uuid,
    created_at timestamptz NOT NULL,
    CHECK (num_nonnulls(user_id, group_id, token_id) = 1),
    CHECK (environment_id IS NULL OR project_id IS NOT NULL),
    UNIQUE NULLS NOT DISTINCT (organization_id, user_id, group_id, token_id, project_id, environment_id, role_key),
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id),
    FOREIGN KEY (organization_id, project_id, environment_id)
        REFERENCES environments (organization_id, project_id, id)
);
CREATE INDEX bindings_user ON bindings (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX bindings_group ON bindings (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX bindings_token ON bindings (token_id) WHERE token_id IS NOT NULL;
CREATE INDEX bindings_project ON bindings (project_id) WHERE project_id IS NOT NULL;

INSERT INTO bindings (organization_id, user_id, role_key, project_id, created_at)
SELECT organization_id, user_id, role_after(role), project_id, now() FROM project_roles;

-- The version before keeps roles in projects in a table of its own.
CREATE FUNCTION bind_project_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM bindings WHERE user_id = OLD.user_id AND project_id = OLD.project_id AND environment_id IS NULL
            AND role_key = role_after(OLD.role);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO bindings (organization_id, user_id, role_key, project_id, created_at)
        VALUES (NEW.organization_id, NEW.user_id, role_after(NEW.role), NEW.project_id, now()) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER project_roles_bound AFTER INSERT OR UPDATE OR DELETE ON project_roles
    FOR EACH ROW EXECUTE FUNCTION bind_project_role();
CREATE FUNCTION unbind_project_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM project_roles WHERE user_id = OLD.user_id AND project_id = OLD.project_id
        AND role_after(role) = OLD.role_key AND OLD.environment_id IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER bindings_unbound AFTER DELETE ON bindings FOR EACH ROW EXECUTE FUNCTION unbind_project_role();
