-- Long lists of segments. What is told of one stands with its segment: how many keys, how many bytes, the digest.
ALTER TABLE segments ADD COLUMN long_list json;

-- The keys, in the documents that are published.
CREATE TABLE segment_chunks (
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    segment_id uuid NOT NULL REFERENCES segments (id) ON DELETE CASCADE,
    number integer NOT NULL,
    document bytea NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (segment_id, number)
);
-- Compressed they would take half of the room, and most of the time of an upload.
ALTER TABLE segment_chunks ALTER document SET STORAGE EXTERNAL;
CREATE INDEX segment_chunks_by_project ON segment_chunks (project_id, segment_id);

-- What each version of a list added and removed, packed. `written`: bytes of the chunks that it wrote.
CREATE TABLE segment_list_changes (
    organization_id uuid NOT NULL,
    project_id uuid NOT NULL,
    segment_id uuid NOT NULL REFERENCES segments (id) ON DELETE CASCADE,
    version bigint NOT NULL,
    at timestamptz NOT NULL,
    written bigint NOT NULL,
    digest_before bytea NOT NULL,
    document bytea NOT NULL,
    PRIMARY KEY (segment_id, version)
);
ALTER TABLE segment_list_changes ALTER document SET STORAGE EXTERNAL;
CREATE INDEX segment_list_changes_by_moment ON segment_list_changes (project_id, at);

SELECT protect_tenant_table('segment_chunks');
SELECT protect_tenant_table('segment_list_changes');

-- They are published in each environment of the project, as its other entities are.
CREATE FUNCTION count_segment_chunks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO usage_counts (organization_id, project_id, environment_id, kind, used, bytes)
    SELECT r.organization_id, r.project_id, NULL::uuid, 'segment_chunk', count(*), sum(octet_length(r.document))
    FROM new_rows r GROUP BY 1, 2 ORDER BY 2
    ON CONFLICT (project_id, environment_id, kind) DO UPDATE
        SET used = usage_counts.used + excluded.used, bytes = usage_counts.bytes + excluded.bytes;
    RETURN NULL;
END
$$;
CREATE FUNCTION uncount_segment_chunks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO usage_counts (organization_id, project_id, environment_id, kind, used, bytes)
    SELECT r.organization_id, r.project_id, NULL::uuid, 'segment_chunk', -count(*), -sum(octet_length(r.document))
    FROM old_rows r GROUP BY 1, 2 ORDER BY 2
    ON CONFLICT (project_id, environment_id, kind) DO UPDATE
        SET used = usage_counts.used + excluded.used, bytes = usage_counts.bytes + excluded.bytes;
    RETURN NULL;
END
$$;
-- A chunk that changes is removed and added.
CREATE TRIGGER segment_chunks_added AFTER INSERT ON segment_chunks REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_segment_chunks();
CREATE TRIGGER segment_chunks_removed AFTER DELETE ON segment_chunks REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION uncount_segment_chunks();
