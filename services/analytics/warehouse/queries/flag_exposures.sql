-- with: commonest_variations
-- Exposures of a flag per bucket of time (from UTC) and variation, each event once, and the units behind them; of
-- variations that are not among the commonest together.
SELECT bucket, told AS variation, exposures, units
FROM
(
    SELECT
        toStartOfInterval(occurred_at, toIntervalSecond({bucket_seconds:Int64}), 'UTC') AS bucket,
        if(variation IN (SELECT variation FROM commonest_variations), variation, '…') AS told,
        count() AS exposures,
        uniqExact(user_key) AS units
    FROM events_exposure FINAL
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
    GROUP BY bucket, told
)
ORDER BY bucket, variation
