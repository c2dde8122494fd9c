-- The same out of minutes.
SELECT flag, told AS variation, reason, error, point, sum(counted) AS evaluations, sum(by_name) AS named
FROM
(
    SELECT
        flag,
        if(
            variation = ''
                OR dense_rank() OVER (PARTITION BY flag ORDER BY variation = '', total DESC, variation)
                    <= {variations_max:UInt32},
            variation,
            '…'
        ) AS told,
        reason,
        error,
        point,
        counted,
        by_name
    FROM
    (
        SELECT *, sum(counted) OVER (PARTITION BY flag, variation) AS total
        FROM
        (
            SELECT
                flag,
                variation,
                reason,
                error,
                intDiv(toUnixTimestamp(minute) - {start:Int64}, {width:Int64}) AS point,
                sum(count) AS counted,
                sumIf(count, NOT bulk) AS by_name
            FROM usage_minutes FINAL
            WHERE organization_id = {organization:String}
                AND environment_id = {environment:String}
                AND minute >= toDateTime({start:Int64}, 'UTC')
                AND minute < toDateTime({stop:Int64}, 'UTC')
                AND error != 'FLAG_NOT_FOUND'
                AND has({flags:Array(String)}, flag)
            GROUP BY flag, variation, reason, error, point
        )
    )
)
GROUP BY flag, told, reason, error, point
ORDER BY flag, variation, reason, error, point
