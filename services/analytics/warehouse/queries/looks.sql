-- The differences that scheduled snapshots showed, oldest first: the earlier looks of a group-sequential plan.
SELECT
    taken_at,
    JSONExtractString(metric_document, 'metric') AS metric,
    JSONExtractString(variation_document, 'variation') AS variation,
    JSONExtractUInt(variation_document, 'comparison', 'units_compared') AS units,
    JSONExtractFloat(variation_document, 'comparison', 'difference', 'estimate') AS difference,
    JSONExtractFloat(variation_document, 'comparison', 'difference', 'se') AS se
FROM
(
    SELECT
        taken_at,
        metric_document,
        arrayJoin(JSONExtractArrayRaw(metric_document, 'variations')) AS variation_document
    FROM
    (
        SELECT taken_at, arrayJoin(JSONExtractArrayRaw(document, 'metrics')) AS metric_document
        FROM
        (
            SELECT taken_at, document
            FROM experiments_snapshot
            WHERE organization_id = {organization:String}
                AND experiment_id = {experiment_id:String}
                AND cause = 'scheduled'
                AND taken_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
            LIMIT 1 BY snapshot_id
        )
    )
)
WHERE JSONType(variation_document, 'comparison', 'difference', 'se') IN ('Double', 'Int64', 'UInt64') AND se > 0
ORDER BY taken_at, metric, variation
