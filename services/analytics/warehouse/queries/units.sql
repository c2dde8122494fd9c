-- One row per unit: its first exposure, the variation it saw, and whether it saw another one. From the aggregate of
-- first exposures. The exposures themselves are read of a unit whose earliest row is not the one that was received
-- first (it may be a later copy of an event), which saw several variations, or was there before the start.
WITH candidates AS
(
$candidates
)
SELECT
    user_key,
    exposed_at AS first_at,
    if({segment:String} = '$day', toString(toDate(first_at, 'UTC')), '') AS segment,
    lowest != highest AS several,
    if(several, '', arrayElement({variations:Array(String)}, lowest)) AS only_variation,
    '' AS unit
FROM
(
    SELECT
        user_key,
        fromUnixTimestamp64Milli(toInt64(bitShiftRight(first_row, 64)), 'UTC') AS exposed_at,
        lowest_number AS lowest,
        highest_number AS highest
    FROM candidates
    WHERE NOT uncertain
    UNION ALL
    SELECT
        user_key,
        min(occurred_at) AS exposed_at,
        min(indexOf({variations:Array(String)}, variation)) AS lowest,
        max(indexOf({variations:Array(String)}, variation)) AS highest
    FROM events_exposure FINAL
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
        AND $belongs
        AND has({variations:Array(String)}, variation)
        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
        AND user_key IN (SELECT user_key FROM candidates WHERE uncertain)
    GROUP BY user_key
)
