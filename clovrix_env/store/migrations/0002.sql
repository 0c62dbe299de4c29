-- Format 2. A version can be restored from an earlier one, or be a deletion without a value.

ALTER TABLE version ADD COLUMN restored INTEGER;    -- the number of the version that was restored
ALTER TABLE version ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1));

DROP TRIGGER version_is_not_changed;

CREATE TRIGGER version_is_not_changed
BEFORE UPDATE OF entry_id, environment_id, number, at, token_id, restored, deleted ON version
BEGIN
    SELECT RAISE (ABORT, 'versions are append-only');
END;

CREATE INDEX audit_of_project ON audit (project, id);
