-- How long a version of a sheet took: results are as old as that allows. What older versions of Verdict write counts as
-- expensive, which is the minute that they kept to.
ALTER TABLE sheet_versions $on_cluster ADD COLUMN IF NOT EXISTS took_milliseconds UInt32 DEFAULT 3000;
