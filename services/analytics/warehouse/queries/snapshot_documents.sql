-- The latest documents of one cause that an experiment has until a moment, each once, oldest first. Documents are large,
-- and those of other causes lie between: the rows are found first, by columns that are small.
SELECT snapshot_id, taken_at, document
FROM experiments_snapshot
WHERE organization_id = {organization:String}
    AND experiment_id = {experiment_id:String}
    AND (taken_at, snapshot_id) IN
    (
        SELECT taken_at, snapshot_id
        FROM experiments_snapshot
        WHERE organization_id = {organization:String}
            AND experiment_id = {experiment_id:String}
            AND cause = {cause:String}
            AND taken_at <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        ORDER BY taken_at DESC, snapshot_id
        LIMIT 1 BY snapshot_id
        LIMIT {limit:UInt32}
    )
ORDER BY taken_at, snapshot_id
LIMIT 1 BY snapshot_id
