-- Metrics of ordered steps, of a property's different values, and of days.
ALTER TABLE metrics
    ADD COLUMN steps text[],
    ADD COLUMN property text,
    DROP CONSTRAINT metrics_aggregation_check,
    ADD CONSTRAINT metrics_aggregation_check CHECK (
        aggregation IN (
            'conversion', 'sum', 'count', 'mean', 'ratio', 'quantile', 'retention', 'funnel', 'distinct', 'days'
        )
    );
