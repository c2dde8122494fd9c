-- How much is stored, and of which environments. Rows, so a repeat that was not merged yet counts twice.
SELECT
    (SELECT count() FROM events_exposure) AS exposures,
    (SELECT count() FROM events_metric) AS metric_events,
    toUnixTimestamp64Milli(greatest(
        (SELECT max(received_at) FROM events_exposure),
        (SELECT max(received_at) FROM events_metric)
    )) AS newest_received_at,
    (SELECT groupUniqArray(10000)(environment_id) FROM exposure_counts) AS environment_ids,
    {database:String} AS database
