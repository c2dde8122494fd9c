-- What a metric may say besides: which events count, a cap below, whose percentiles cap, the covariate's look-back, and
-- what has one number. Metrics of before are capped at percentiles of the values other than 0 from now on.
ALTER TABLE metrics
    ADD COLUMN filter json,
    ADD COLUMN winsorize_lower double precision,
    ADD COLUMN winsorize_of text NOT NULL DEFAULT 'nonzero' CHECK (winsorize_of IN ('all', 'nonzero')),
    ADD COLUMN covariate_days bigint NOT NULL DEFAULT 14,
    ADD COLUMN per text NOT NULL DEFAULT 'user' CHECK (per IN ('user', 'unit'));
