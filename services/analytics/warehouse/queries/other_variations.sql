-- Variations that the flag served during the experiment although they are not part of it.
SELECT shown AS variation, count() AS exposures
FROM
(
    SELECT argMin(variation, received_at) AS shown
    FROM events_exposure
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND ({experiment:String} = '' OR experiment = {experiment:String})
        AND NOT has({variations:Array(String)}, variation)
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64})
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64})
        AND received_at <= fromUnixTimestamp64Milli({as_of:Int64})
    GROUP BY user_key, event_id
)
GROUP BY shown
ORDER BY exposures DESC
LIMIT 20
