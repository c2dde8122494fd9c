-- By SDK key: when something of each kind was received last, and anything at all, however long ago.
SELECT
    sdk_key_id,
    max(exposure_at) AS last_exposure_at,
    max(metric_at) AS last_metric_at,
    max(usage_at) AS last_usage_at,
    greatest(last_exposure_at, last_metric_at, last_usage_at, max(anything_at)) AS last_used_at
FROM
(
    SELECT
        sdk_key_id,
        toUnixTimestamp64Milli(max(received_at)) AS exposure_at,
        0 AS metric_at,
        0 AS usage_at,
        0 AS anything_at
    FROM events_exposure
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND received_at >= fromUnixTimestamp64Milli({start:Int64} * 1000, 'UTC')
    GROUP BY sdk_key_id
    UNION ALL
    SELECT sdk_key_id, 0, toUnixTimestamp64Milli(max(received_at)), 0, 0
    FROM events_metric
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND received_at >= fromUnixTimestamp64Milli({start:Int64} * 1000, 'UTC')
    GROUP BY sdk_key_id
    UNION ALL
    SELECT sdk_key_id, 0, 0, toUnixTimestamp64Milli(max(received_at)), 0
    FROM events_usage
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND received_at >= fromUnixTimestamp64Milli({start:Int64} * 1000, 'UTC')
    GROUP BY sdk_key_id
    UNION ALL
    SELECT sdk_key_id, 0, 0, 0, toUnixTimestamp64Milli(max(last_at))
    FROM sdk_key_uses
    WHERE organization_id = {organization:String} AND environment_id = {environment:String}
    GROUP BY sdk_key_id
)
GROUP BY sdk_key_id
ORDER BY last_used_at DESC, sdk_key_id
LIMIT 1000
