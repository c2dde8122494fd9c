-- By what asked in an environment: when last, and how often lately. What is told of a minute was asked until its end, or
-- until it was stored, if that was before.
SELECT sdk, max(last_at) AS asked_at, sum(counted) AS evaluations
FROM
(
    SELECT
        sdk,
        toUnixTimestamp64Milli(max(least(loaded_at, addSeconds(toDateTime64(minute, 3, 'UTC'), 60)))) AS last_at,
        sum(count) AS counted
    FROM usage_minutes FINAL
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND minute >= toDateTime({recent:Int64}, 'UTC')
    GROUP BY sdk
    UNION ALL
    SELECT sdk, toInt64(toUnixTimestamp(max(usage_hours.last_at))) * 1000 AS last_at, 0 AS counted
    FROM usage_hours
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND hour >= toDateTime({start:Int64}, 'UTC')
        AND hour < toDateTime({stop:Int64}, 'UTC')
    GROUP BY sdk
)
GROUP BY sdk
ORDER BY asked_at DESC, sdk
LIMIT 200
