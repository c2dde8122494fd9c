-- The last run of each export there is; for the worker.
SELECT organization_id, export_id, number, version, document, write_id
FROM export_runs
ORDER BY number DESC, version DESC
LIMIT 1 BY organization_id, export_id
