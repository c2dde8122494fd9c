-- Every committed batch of a generation, in order.
SELECT organization_id, export_id, generation, dataset, number, run, rows, document, write_id
FROM export_batches
WHERE organization_id = {organization:String}
    AND export_id = {export:String}
    AND generation = {generation:UInt64}
ORDER BY dataset, number, first_wins DESC
LIMIT 1 BY dataset, number
