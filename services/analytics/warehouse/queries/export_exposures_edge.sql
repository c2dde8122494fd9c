-- How far the next batch of exposures goes: its rows, their size, and the last key.
SELECT count() AS rows, sum(size) AS bytes, max((flag, user_key, event_id)) AS last
FROM
(
    SELECT
        toString(flag) AS flag,
        user_key,
        event_id,
        length(context) + length(user_key) + length(event_id) + 200 AS size
    FROM events_exposure
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND loaded_at > fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND loaded_at <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        AND events_exposure.flag >= {after_name:String}
        AND (events_exposure.flag, user_key, event_id) > ({after_name:String}, {after_user:String}, {after_event:String})
    ORDER BY events_exposure.flag, user_key, event_id
    LIMIT {rows:UInt32}
)
