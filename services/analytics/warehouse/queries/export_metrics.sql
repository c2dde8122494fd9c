-- with: export_metrics_batch
-- A batch without what went out before: keys in committed batches of this generation.
SELECT *
FROM export_metrics_batch
WHERE event_key NOT IN
(
    SELECT event_key
    FROM exported_events
    WHERE organization_id = {organization:String}
        AND export_id = {export:String}
        AND generation = {generation:UInt64}
        AND dataset = {dataset:String}
        AND event_key IN (SELECT event_key FROM export_metrics_batch)
        AND write_id IN
        (
            SELECT write_id
            FROM export_batches
            WHERE organization_id = {organization:String}
                AND export_id = {export:String}
                AND generation = {generation:UInt64}
                AND dataset = {dataset:String}
        )
)
