-- The keys that stand in application code, of flags and remote configs: one space in a project, in which two that differ
-- only in case are one. A table of its own, because behind row-level security no index on lower(key) is looked into.
CREATE TABLE application_keys (
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    folded text NOT NULL,
    kind text NOT NULL,
    PRIMARY KEY (project_id, folded),
    FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
SELECT protect_tenant_table('application_keys');

LOCK TABLE flags IN SHARE ROW EXCLUSIVE MODE;

INSERT INTO application_keys (organization_id, project_id, folded, kind)
SELECT organization_id, project_id, lower(key), 'flag' FROM flags ON CONFLICT DO NOTHING;

-- A row whose key is taken is left out, as by ON CONFLICT DO NOTHING.
CREATE FUNCTION claim_application_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO application_keys (organization_id, project_id, folded, kind)
    VALUES (NEW.organization_id, NEW.project_id, lower(NEW.key), TG_ARGV[0]) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        RETURN NEW;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION release_application_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM application_keys
    WHERE organization_id = OLD.organization_id AND project_id = OLD.project_id AND folded = lower(OLD.key);
    RETURN NULL;
END
$$;

CREATE TRIGGER flags_claim_their_keys BEFORE INSERT ON flags
    FOR EACH ROW EXECUTE FUNCTION claim_application_key('flag');
CREATE TRIGGER flags_release_their_keys AFTER DELETE ON flags
    FOR EACH ROW EXECUTE FUNCTION release_application_key();
CREATE TRIGGER configs_claim_their_keys BEFORE INSERT ON configs
    FOR EACH ROW EXECUTE FUNCTION claim_application_key('config');
CREATE TRIGGER configs_release_their_keys AFTER DELETE ON configs
    FOR EACH ROW EXECUTE FUNCTION release_application_key();
