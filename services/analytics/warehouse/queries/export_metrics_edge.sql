-- How far the next batch of metric events goes: its rows, their size, and the last key.
SELECT count() AS rows, sum(size) AS bytes, max((metric, user_key, event_id)) AS last
FROM
(
    SELECT
        toString(metric) AS metric,
        user_key,
        event_id,
        length(properties) + length(user_key) + length(event_id) + 200 AS size
    FROM events_metric
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND loaded_at > fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND loaded_at <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        AND events_metric.metric >= {after_name:String}
        AND (events_metric.metric, user_key, event_id) > ({after_name:String}, {after_user:String}, {after_event:String})
    ORDER BY events_metric.metric, user_key, event_id
    LIMIT {rows:UInt32}
)
