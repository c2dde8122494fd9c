-- One snapshot with its document.
SELECT document
FROM experiments_snapshot
WHERE organization_id = {organization:String}
    AND experiment_id = {experiment_id:String}
    AND snapshot_id = {snapshot_id:String}
LIMIT 1
