-- What the exposures of an experiment look like beyond their counts, each event once.
SELECT
    countIf(inside) AS exposures,
    uniqExactIf(user_key, inside) AS units,
    countIf(inside AND lower(user_key) IN ('', '0', '-1', 'null', 'none', 'nil', 'undefined', 'nan', 'unknown', 'anonymous'))
        AS placeholder_exposures,
    countIf(NOT inside AND happened_at < fromUnixTimestamp64Milli({start:Int64})) AS before_start,
    max(if(inside, toUnixTimestamp64Milli(happened_at), 0)) AS last_at,
    max(if(inside, toUnixTimestamp64Milli(arrived_at), 0)) AS last_received_at
FROM
(
    SELECT
        user_key,
        argMin(occurred_at, received_at) AS happened_at,
        min(received_at) AS arrived_at,
        happened_at >= fromUnixTimestamp64Milli({start:Int64})
            AND happened_at < fromUnixTimestamp64Milli({stop:Int64}) AS inside
    FROM events_exposure
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND ({experiment:String} = '' OR experiment = {experiment:String})
        AND has({variations:Array(String)}, variation)
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64})
        AND received_at <= fromUnixTimestamp64Milli({as_of:Int64})
    GROUP BY user_key, event_id
)
