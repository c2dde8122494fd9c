-- Which of these events are stored.
SELECT DISTINCT event_id
FROM
(
    SELECT event_id FROM events_exposure
    WHERE environment_id IN {environments:Array(String)} AND event_id IN {events:Array(String)}
    UNION ALL
    SELECT event_id FROM events_metric
    WHERE environment_id IN {environments:Array(String)} AND event_id IN {events:Array(String)}
)
