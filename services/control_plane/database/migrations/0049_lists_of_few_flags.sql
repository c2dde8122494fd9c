-- Lists of the few flags that have an owner, a type, or are archived: without looking at all others.
CREATE INDEX flags_by_owner ON flags (project_id, owner, key) WHERE owner IS NOT NULL;
CREATE INDEX flags_by_type ON flags (project_id, type, key);
CREATE INDEX flags_archived ON flags (project_id, key) WHERE archived;
