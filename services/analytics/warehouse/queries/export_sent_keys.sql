-- Which of these keys went out in a committed batch of this generation.
SELECT event_key
FROM exported_events
WHERE organization_id = {organization:String}
    AND export_id = {export:String}
    AND generation = {generation:UInt64}
    AND dataset = {dataset:String}
    AND event_key IN (SELECT arrayJoin(arrayMap(each -> toFixedString(unhex(each), 16), {keys:Array(String)})))
    AND write_id IN
    (
        SELECT write_id
        FROM export_batches
        WHERE organization_id = {organization:String}
            AND export_id = {export:String}
            AND generation = {generation:UInt64}
            AND dataset = {dataset:String}
    )
