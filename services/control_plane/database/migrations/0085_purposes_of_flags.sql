-- What a flag is there for, and until which day it is thought to be needed (NULL: nobody has said).
ALTER TABLE flags ADD COLUMN purpose text NOT NULL DEFAULT 'release'
    CHECK (purpose IN ('release', 'experiment', 'operational', 'permission'));
ALTER TABLE flags ADD COLUMN expected_end date;
