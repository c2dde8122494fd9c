-- with: units
-- The same for the event below the line of a ratio.
SELECT
    event.user_key AS user_key,
    unit.segment AS segment,
    unit.only_variation AS variation,
    event.value AS value
FROM events_metric AS event FINAL
INNER JOIN units AS unit ON unit.user_key = event.user_key
WHERE event.organization_id = {organization:String}
    AND event.environment_id = {environment:String}
    AND event.metric = {denominator:String}
    AND event.occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
    AND event.received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
    AND NOT unit.several
    AND event.occurred_at >= addSeconds(unit.first_at, {window_start:Int64})
    AND (if({window_end:Int64} > 0,
            event.occurred_at < addSeconds(unit.first_at, {window_end:Int64}),
            event.occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')))
