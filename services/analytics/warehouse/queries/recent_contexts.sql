-- The newest context that each flag's exposures had of a user, the oldest first. Users are taken by a hash of their key:
-- the same ones each time, and independent of buckets.
SELECT
    user_key,
    arraySort(groupArray((at, flag, context))) AS contexts
FROM
(
    SELECT
        user_key,
        flag,
        toUnixTimestamp64Milli(max(occurred_at)) AS at,
        argMax(context, (occurred_at, event_id)) AS context
    FROM events_exposure
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND received_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND occurred_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND sipHash64(user_key) <= {hash_max:UInt64}
        AND user_key != ''
    GROUP BY user_key, flag
)
GROUP BY user_key
ORDER BY sipHash64(user_key), user_key
LIMIT {limit:UInt32}
