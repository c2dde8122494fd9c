-- Events of an environment by the minute in which they were received, each id about once.
SELECT at, sum(exposures) AS exposures, sum(metrics) AS metrics
FROM
(
    SELECT
        toUnixTimestamp(toStartOfMinute(received_at, 'UTC')) AS at,
        uniqCombined64(sipHash64(user_key, event_id)) AS exposures,
        0 AS metrics
    FROM events_exposure
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND received_at >= fromUnixTimestamp64Milli({start:Int64} * 1000, 'UTC')
        AND received_at < fromUnixTimestamp64Milli({stop:Int64} * 1000, 'UTC')
    GROUP BY at
    UNION ALL
    SELECT
        toUnixTimestamp(toStartOfMinute(received_at, 'UTC')) AS at,
        0 AS exposures,
        uniqCombined64(sipHash64(user_key, event_id)) AS metrics
    FROM events_metric
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND received_at >= fromUnixTimestamp64Milli({start:Int64} * 1000, 'UTC')
        AND received_at < fromUnixTimestamp64Milli({stop:Int64} * 1000, 'UTC')
    GROUP BY at
)
GROUP BY at
ORDER BY at
