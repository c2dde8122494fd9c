-- One row per user who was exposed to any flag of a holdout's experiments, from its start on: the first exposure, and
-- the side by the user's bucket, which is the big-endian SHA-256 of seed and user key, modulo 10,000.
SELECT
    user_key,
    min(occurred_at) AS first_at,
    if({segment:String} = '$day', toString(toDate(first_at, 'UTC')), '') AS segment,
    toUInt8(0) AS several,
    if(
        reinterpretAsUInt256(reverse(SHA256(concat({seed:String}, user_key)))) % 10000 < {share:UInt32},
        'held_out',
        'rest') AS only_variation,
    '' AS unit
FROM events_exposure FINAL
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND has({flags:Array(String)}, flag)
    AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
    AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
    AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
GROUP BY user_key
