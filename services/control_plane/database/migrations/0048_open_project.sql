-- What a write needs of its project, in one round trip: found, locked, and read as it is behind the lock. Two statements
-- of a function see what others have committed between them; two parts of one statement do not.
CREATE FUNCTION open_project(by_id uuid, by_key text, organizations uuid[], writable uuid[])
RETURNS TABLE (
    locked boolean, project_key text, project_archived boolean, id uuid, organization_id uuid, project_id uuid, key text,
    name text, salt text, hash_user_keys boolean, pii_attributes text[], exposure_attributes text[], revision integer,
    version bigint, published_version bigint, published_at timestamptz, archived_at timestamptz, protected boolean,
    reason_required boolean, approval_required boolean, "position" integer
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM projects p
    WHERE (p.id = by_id OR (by_id IS NULL AND p.key = by_key)) AND p.organization_id = ANY (organizations)
        AND (p.organization_id = ANY (writable) OR p.id = ANY (writable))
    FOR UPDATE;
    RETURN QUERY
    SELECT p.organization_id = ANY (writable) OR p.id = ANY (writable), p.key, p.archived_at IS NOT NULL, e.id,
        p.organization_id, p.id, e.key, e.name, e.salt, e.hash_user_keys, e.pii_attributes, e.exposure_attributes,
        e.revision, e.version, e.published_version, e.published_at, e.archived_at, e.protected, e.reason_required,
        e.approval_required, e.position
    FROM projects p
    LEFT JOIN environments e
        ON e.organization_id = p.organization_id AND e.project_id = p.id AND e.archived_at IS NULL
    WHERE (p.id = by_id OR (by_id IS NULL AND p.key = by_key)) AND p.organization_id = ANY (organizations)
    ORDER BY p.id, e.position, e.created_at, e.key;
END
$$;
