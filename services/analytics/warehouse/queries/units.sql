-- One row per unit: its first exposure, the variation it saw, and whether it saw another one. From the aggregate of
-- first exposures; only of units that were there before the start, the raw exposures are read.
SELECT
    user_key,
    min(exposed_at) AS first_at,
    if({segment:String} = '$day', toString(toDate(first_at)), '') AS segment,
    min(indexOf({variations:Array(String)}, variation)) AS lowest,
    max(indexOf({variations:Array(String)}, variation)) AS highest,
    lowest != highest AS several,
    if(several, '', arrayElement({variations:Array(String)}, lowest)) AS only_variation
FROM
(
    SELECT user_key, variation, first_at AS exposed_at
    FROM exposure_units
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND ({experiment:String} = '' OR experiment = {experiment:String})
        AND has({variations:Array(String)}, variation)
        AND first_at >= fromUnixTimestamp64Milli({start:Int64})
        AND first_at < fromUnixTimestamp64Milli({stop:Int64})
    UNION ALL
    SELECT user_key, variation, occurred_at AS exposed_at
    FROM events_exposure
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND ({experiment:String} = '' OR experiment = {experiment:String})
        AND has({variations:Array(String)}, variation)
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64})
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64})
        AND user_key IN
        (
            SELECT user_key
            FROM exposure_units
            WHERE organization_id = {organization:String}
                AND environment_id = {environment:String}
                AND flag = {flag:String}
                AND ({experiment:String} = '' OR experiment = {experiment:String})
                AND first_at < fromUnixTimestamp64Milli({start:Int64})
                AND last_at >= fromUnixTimestamp64Milli({start:Int64})
        )
)
GROUP BY user_key
