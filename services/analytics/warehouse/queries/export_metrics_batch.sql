-- The metric events of a batch, each event once, the first one received.
SELECT
    * EXCEPT (first_wins, loaded_at),
    sipHash128(events_metric.metric, user_key, event_id) AS event_key
FROM events_metric
WHERE events_metric.organization_id = {organization:String}
    AND events_metric.environment_id = {environment:String}
    AND loaded_at > fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND loaded_at <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND events_metric.metric >= {after_name:String}
    AND events_metric.metric <= {last_name:String}
    AND (events_metric.metric, user_key, event_id) > ({after_name:String}, {after_user:String}, {after_event:String})
    AND (events_metric.metric, user_key, event_id) <= ({last_name:String}, {last_user:String}, {last_event:String})
ORDER BY events_metric.metric, user_key, event_id, first_wins DESC
LIMIT 1 BY events_metric.metric, user_key, event_id
