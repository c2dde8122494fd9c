-- One row per unit: its first exposure, the variation it had then, and whether it saw another one.
-- Idempotent under repeated rows, so nothing has to be made unique first.
SELECT
    user_key,
    '' AS segment,
    min(occurred_at) AS first_at,
    argMin(variation, (occurred_at, event_id)) AS first_variation,
    min(variation) != max(variation) AS several
FROM events_exposure
WHERE organization_id = {organization:String}
    AND environment_id = {environment:String}
    AND flag = {flag:String}
    AND ({experiment:String} = '' OR experiment = {experiment:String})
    AND has({variations:Array(String)}, variation)
    AND occurred_at >= fromUnixTimestamp64Milli({start:Int64})
    AND occurred_at < fromUnixTimestamp64Milli({stop:Int64})
    AND received_at <= fromUnixTimestamp64Milli({as_of:Int64})
GROUP BY user_key
