-- Committed rows per run and dataset.
SELECT run, dataset, sum(rows) AS sent
FROM
(
    SELECT run, dataset, rows
    FROM export_batches
    WHERE organization_id = {organization:String}
        AND export_id = {export:String}
        AND run IN {runs:Array(UInt64)}
    ORDER BY generation, dataset, number, first_wins DESC
    LIMIT 1 BY generation, dataset, number
)
GROUP BY run, dataset
