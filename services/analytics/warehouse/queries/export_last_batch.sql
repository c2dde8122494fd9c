-- The last committed batch of a dataset.
SELECT organization_id, export_id, generation, dataset, number, run, rows, document, write_id
FROM export_batches
WHERE organization_id = {organization:String}
    AND export_id = {export:String}
    AND generation = {generation:UInt64}
    AND dataset = {dataset:String}
    AND number <= {number:UInt64}
ORDER BY number DESC, first_wins DESC
LIMIT 1
