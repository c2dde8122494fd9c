-- Exposures and units of a flag per variation over the whole time.
SELECT variation, count() AS exposures, uniqExact(user_key) AS units
FROM
(
    SELECT user_key, argMin(variation, received_at) AS variation
    FROM events_exposure
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64})
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64})
    GROUP BY user_key, event_id
)
GROUP BY variation
ORDER BY variation
