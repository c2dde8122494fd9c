-- Exposures of a flag per bucket of time (from UTC) and variation, each event once, and the units behind them.
SELECT
    toStartOfInterval(occurred_at, toIntervalSecond({bucket_seconds:Int64}), 'UTC') AS bucket,
    variation,
    count() AS exposures,
    uniqExact(user_key) AS units
FROM events_exposure FINAL
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND flag = {flag:String}
    AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
    AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
GROUP BY bucket, variation
ORDER BY bucket, variation
