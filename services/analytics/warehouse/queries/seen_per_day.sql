-- About how many users had anything at all, by day (UTC).
SELECT toString(day) AS day, uniqCombined64(user_key) AS seen
FROM
(
    SELECT toDate(occurred_at, 'UTC') AS day, user_key
    FROM events_exposure
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
    UNION ALL
    SELECT toDate(occurred_at, 'UTC') AS day, user_key
    FROM events_metric
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
)
GROUP BY day
ORDER BY day
