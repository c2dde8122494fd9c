-- with: units, metric_events, unit_values
-- Every unit of a past period in both halves of many random splits: per split and half the units, those with a value,
-- and mean and squares of the values; a unit without an event is a 0 unless the metric leaves it out.
SELECT
    split,
    bitAnd(sipHash64(unit_key, {seed:UInt64}, split), 1) AS half,
    count() AS units,
    sum(known) AS with_value,
    avg(value) AS mean,
    varPopStable(value) * count() AS squares
FROM
(
    SELECT unit.user_key AS unit_key, measured.number AS value, notEmpty(measured.user_key) AS known
    FROM (SELECT user_key FROM units WHERE NOT several) AS unit
    LEFT JOIN unit_values AS measured ON measured.user_key = unit.user_key
)
ARRAY JOIN range({splits:UInt32}) AS split
WHERE known OR {absent_is_zero:UInt8}
GROUP BY split, half
ORDER BY split, half
