-- By SDK key: when something of each kind was received last.
SELECT
    sdk_key_id,
    max(exposure_at) AS last_exposure_at,
    max(metric_at) AS last_metric_at,
    max(usage_at) AS last_usage_at
FROM
(
    SELECT sdk_key_id, toUnixTimestamp64Milli(max(received_at)) AS exposure_at, 0 AS metric_at, 0 AS usage_at
    FROM events_exposure
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND received_at >= fromUnixTimestamp64Milli({start:Int64} * 1000, 'UTC')
    GROUP BY sdk_key_id
    UNION ALL
    SELECT sdk_key_id, 0 AS exposure_at, toUnixTimestamp64Milli(max(received_at)) AS metric_at, 0 AS usage_at
    FROM events_metric
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND received_at >= fromUnixTimestamp64Milli({start:Int64} * 1000, 'UTC')
    GROUP BY sdk_key_id
    UNION ALL
    SELECT sdk_key_id, 0 AS exposure_at, 0 AS metric_at, toUnixTimestamp64Milli(max(received_at)) AS usage_at
    FROM events_usage
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND received_at >= fromUnixTimestamp64Milli({start:Int64} * 1000, 'UTC')
    GROUP BY sdk_key_id
)
GROUP BY sdk_key_id
ORDER BY greatest(last_exposure_at, last_metric_at, last_usage_at) DESC, sdk_key_id
LIMIT 200
