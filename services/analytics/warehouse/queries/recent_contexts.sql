-- The newest context that each flag's exposures had of a user, the oldest first: of as many flags as are wanted, the
-- newest ones. Users are taken by a hash of their key: the same ones each time, and independent of buckets; as many as
-- hold so many bytes together, of `found` that there are.
SELECT user_key, contexts, found
FROM
(
    SELECT
        user_key,
        contexts,
        count() OVER () AS found,
        sum(arraySum(each -> length(each.3), contexts)) OVER (
            ORDER BY sipHash64(user_key), user_key ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS bytes
    FROM
    (
        SELECT user_key, contexts
        FROM (/* on each shard */
            SELECT
                user_key,
                arraySort(
                    arraySlice(arrayReverseSort(groupArray((at, flag, context))), 1, {contexts_max:UInt32})
                ) AS contexts
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
        /* together */)
        ORDER BY sipHash64(user_key), user_key
        LIMIT {limit:UInt32}
    )
)
WHERE bytes <= {bytes_max:UInt64}
ORDER BY sipHash64(user_key), user_key
