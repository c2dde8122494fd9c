-- The history of entities is read from the log: all changes of one, and the last one up to a number.
CREATE INDEX audit_entries_history ON audit_entries (organization_id, project_id, entity, entity_key, number)
    WHERE act_id IS NULL AND project_id IS NOT NULL;
