-- Events stored by the minute (UTC) in which they were received, each event once, at its first receipt.
SELECT minute, sum(events) AS events
FROM
(
    SELECT toStartOfMinute(arrived_at, 'UTC') AS minute, count() AS events
    FROM
    (
        SELECT min(received_at) AS arrived_at
        FROM events_exposure
        WHERE organization_id = {organization:String}
            AND environment_id = {environment:String}
            AND received_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
            AND received_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
        GROUP BY flag, user_key, event_id
    )
    GROUP BY minute
    UNION ALL
    SELECT toStartOfMinute(arrived_at, 'UTC') AS minute, count() AS events
    FROM
    (
        SELECT min(received_at) AS arrived_at
        FROM events_metric
        WHERE organization_id = {organization:String}
            AND environment_id = {environment:String}
            AND received_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
            AND received_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
        GROUP BY metric, user_key, event_id
    )
    GROUP BY minute
    UNION ALL
    SELECT toStartOfMinute(arrived_at, 'UTC') AS minute, count() AS events
    FROM
    (
        SELECT min(received_at) AS arrived_at
        FROM events_usage
        WHERE organization_id = {organization:String}
            AND environment_id = {environment:String}
            AND received_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
            AND received_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
        GROUP BY event_id
    )
    GROUP BY minute
)
GROUP BY minute
ORDER BY minute
