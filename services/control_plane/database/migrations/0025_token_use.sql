-- When a program last used its token, to the minute.
ALTER TABLE api_tokens ADD COLUMN last_used_at timestamptz;
