-- A plan without a size is always valid, every family is corrected, and a guardrail has a margin above 0: one of 0 had been
-- left out, and is judged when somebody gives it one.
UPDATE experiments
SET plan = (plan::jsonb || '{"mode": "always_valid", "planned_looks": null}')::json
WHERE plan ->> 'mode' = 'fixed' AND plan ->> 'planned_units' IS NULL;

UPDATE experiments
SET plan = (plan::jsonb || '{"planned_looks": null}')::json
WHERE plan ->> 'mode' <> 'group' AND plan ->> 'planned_looks' IS NOT NULL;

UPDATE experiments
SET plan = (plan::jsonb || '{"correction": "holm"}')::json
WHERE plan ->> 'correction' = 'none';

UPDATE experiments
SET metrics = (
    SELECT json_agg(
        CASE WHEN (metric ->> 'margin')::double precision = 0 THEN (metric::jsonb || '{"margin": null}')::json ELSE metric END
        ORDER BY place
    )
    FROM json_array_elements(metrics) WITH ORDINALITY AS each (metric, place)
)
WHERE EXISTS (
    SELECT FROM json_array_elements(metrics) AS metric WHERE (metric ->> 'margin')::double precision = 0
);
