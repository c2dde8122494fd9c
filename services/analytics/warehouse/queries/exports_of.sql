-- The latest version of each export of some organizations.
SELECT organization_id, export_id, version, document, key_id, sealed_credentials, write_id
FROM exports
WHERE organization_id IN {organizations:Array(String)}
ORDER BY version DESC
LIMIT 1 BY organization_id, export_id
