-- Format 3. A token can have a name, which its proof covers.

ALTER TABLE token ADD COLUMN name TEXT;
