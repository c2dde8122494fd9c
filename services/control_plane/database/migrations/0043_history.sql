-- Which changes there had been at a moment: the history of entities is read from the log.
CREATE INDEX audit_entries_moment ON audit_entries (organization_id, at);
