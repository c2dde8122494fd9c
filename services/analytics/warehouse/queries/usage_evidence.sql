-- What is known of some flags in some environments: when they were asked for last, and what was served since a moment.
SELECT
    environment_id,
    flag,
    variation,
    toUnixTimestamp(maxIf(usage_hours.last_at, NOT bulk)) AS named_at,
    toUnixTimestamp(maxIf(usage_hours.last_at, bulk)) AS bulk_at,
    sumIf(count, NOT bulk AND hour >= toDateTime({start:Int64}, 'UTC')) AS named,
    sumIf(count, bulk AND hour >= toDateTime({start:Int64}, 'UTC')) AS in_bulk,
    argMax(sdk, usage_hours.last_at) AS last_sdk
FROM usage_hours FINAL
WHERE organization_id = {organization:String}
    AND has({environments:Array(String)}, environment_id)
    AND has({flags:Array(String)}, flag)
GROUP BY environment_id, flag, variation
ORDER BY environment_id, flag, variation
