-- What was asked for, by flag, in whole hours; keys of no flag are left out.
SELECT
    flag,
    sum(count) AS evaluations,
    sumIf(count, NOT bulk) AS named,
    toUnixTimestamp(maxIf(usage_hours.last_at, NOT bulk)) AS named_at,
    toUnixTimestamp(max(usage_hours.last_at)) AS asked_at
FROM usage_hours FINAL
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND hour >= toDateTime({start:Int64}, 'UTC')
    AND hour < toDateTime({stop:Int64}, 'UTC')
    AND error != 'FLAG_NOT_FOUND'
    AND (empty({flags:Array(String)}) OR has({flags:Array(String)}, flag))
    AND flag > {after:String}
GROUP BY flag
ORDER BY flag
LIMIT {limit:UInt32}
