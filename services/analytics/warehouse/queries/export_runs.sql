-- The latest version of an export's runs, the newest first.
SELECT organization_id, export_id, number, version, document, write_id
FROM export_runs
WHERE organization_id = {organization:String}
    AND export_id = {export:String}
    AND number < {before:UInt64}
ORDER BY number DESC, version DESC
LIMIT 1 BY number
LIMIT {limit:UInt32}
