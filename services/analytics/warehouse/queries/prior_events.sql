-- with: units
-- The unit's events of the metric before its first exposure, within the lookback, each event once.
SELECT
    event.user_key AS user_key,
    unit.segment AS segment,
    unit.only_variation AS variation,
    event.value AS value
FROM events_metric AS event FINAL
INNER JOIN units AS unit ON unit.user_key = event.user_key
WHERE event.organization_id = {organization:String}
    AND event.environment_id = {environment:String}
    AND event.metric = {metric:String}
    AND event.received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
    AND NOT unit.several
    AND event.occurred_at < unit.first_at
    AND event.occurred_at >= subtractSeconds(unit.first_at, {lookback:Int64})
