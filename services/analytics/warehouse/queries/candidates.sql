-- What the aggregate of first exposures knows of each user who may be a unit. `uncertain`: only the exposures can tell.
SELECT
    user_key,
    minIf(earliest, member) AS first_row,
    minIf(number, member) AS lowest_number,
    maxIf(number, member) AS highest_number,
    max(member) AS takes_part,
    lowest_number != highest_number
        OR (takes_part AND bitNot(toUInt64(first_row)) != max(first_wins))
        OR max(astride) AS uncertain
FROM
(
    SELECT
        user_key,
        earliest,
        first_wins,
        indexOf({variations:Array(String)}, variation) AS number,
        number > 0
            AND $belongs AS counted,
        toInt64(bitShiftRight(earliest, 64)) AS earliest_at,
        counted AND earliest_at >= {start:Int64} AND earliest_at < {stop:Int64} AS member,
        counted
            AND earliest_at < {start:Int64}
            AND last_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC') AS astride
    FROM exposure_firsts
    WHERE organization_id = {organization:String}
        AND environment_id = {environment:String}
        AND flag = {flag:String}
)
GROUP BY user_key
HAVING takes_part OR uncertain
