-- The snapshots of an experiment, newest first, each once.
SELECT snapshot_id, taken_at, cause, engine_version
FROM experiments_snapshot
WHERE organization_id = {organization:String} AND experiment_id = {experiment_id:String}
    AND cause IN ('scheduled', 'on_demand')
ORDER BY taken_at DESC, snapshot_id
LIMIT 1 BY snapshot_id
LIMIT {limit:UInt32}
