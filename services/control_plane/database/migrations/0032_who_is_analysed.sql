-- Units with an event after their exposure, and exposures by what their context says.
ALTER TABLE experiments
    ADD COLUMN trigger_event text,
    ADD COLUMN exposure_filter json;
