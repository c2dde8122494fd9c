-- Marks that a write has left on experiments of an environment are found by its moment, when it is published.
CREATE INDEX disturbances_by_moment ON disturbances (environment_id, at);
