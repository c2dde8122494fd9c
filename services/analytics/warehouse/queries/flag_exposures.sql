-- Exposures of a flag per bucket of time and variation, each event once, and the units behind them.
SELECT
    toStartOfInterval(happened_at, toIntervalSecond({bucket_seconds:Int64})) AS bucket,
    variation,
    count() AS exposures,
    uniqExact(user_key) AS units
FROM
(
    SELECT
        user_key,
        argMin(variation, received_at) AS variation,
        argMin(occurred_at, received_at) AS happened_at
    FROM events_exposure
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64})
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64})
    GROUP BY user_key, event_id
)
GROUP BY bucket, variation
ORDER BY bucket, variation
