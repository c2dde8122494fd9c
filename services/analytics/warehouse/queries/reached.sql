-- When an experiment had as many units, by the time at which their exposures were received: for each of `thresholds`
-- that was reached, the first moment. A unit that saw another variation no longer counts from then on. `$passes` is the
-- scope's filter, `$triggered` and `$received` are of a trigger event.
SELECT threshold, min(moment) AS reached_at
FROM
(
    SELECT moment, sum(change) OVER (ORDER BY moment) AS units
    FROM
    (
        SELECT step.1 AS moment, sum(step.2) AS change
        FROM
        (
            SELECT arrayJoin(if(length(times) > 1, [(times[1], 1), (times[2], -1)], [(times[1], 1)])) AS step
            FROM
            (
                SELECT unit, arraySort(groupArray(first_received)) AS times
                FROM
                (
                    SELECT
                        if({by_unit:UInt8}, unit_key, user_key) AS unit,
                        variation,
                        min($received) AS first_received
                    FROM events_exposure FINAL
                    $triggered
                    WHERE organization_id = {organization:String}
                        AND environment_id = {environment:String}
                        AND flag = {flag:String}
                        AND $belongs
                        AND has({variations:Array(String)}, variation)
                        AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC')
                        AND occurred_at < fromUnixTimestamp64Milli({stop:Int64}, 'UTC')
                        AND received_at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
                        AND $passes
                        AND (NOT {by_unit:UInt8} OR unit_key != '')
                    GROUP BY unit, variation
                )
                GROUP BY unit
            )
        )
        GROUP BY moment
    )
)
ARRAY JOIN {thresholds:Array(UInt64)} AS threshold
WHERE units >= threshold
GROUP BY threshold
ORDER BY threshold
