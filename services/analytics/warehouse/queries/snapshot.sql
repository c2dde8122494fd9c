-- One snapshot with its document.
SELECT document
FROM experiments_snapshot
WHERE organization_id = {organization:String}
    AND experiment_id = {experiment_id:String}
    AND cause IN ('scheduled', 'on_demand')
    AND snapshot_id = {snapshot_id:String}
LIMIT 1
