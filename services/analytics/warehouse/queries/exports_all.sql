-- The latest version of each export there is; for the worker.
SELECT organization_id, export_id, version, document, key_id, sealed_credentials, write_id
FROM exports
ORDER BY version DESC
LIMIT 1 BY organization_id, export_id
