-- Format 3. A token can have a name, which its proof covers. Old versions and tokens can be pruned.

ALTER TABLE token ADD COLUMN name TEXT;

-- The id of a token that was pruned. It is still this store's: the token is refused, not ignored.
CREATE TABLE former_token (
    id  TEXT PRIMARY KEY
);

-- Pruning sets this within its transaction.
DROP TRIGGER version_is_not_deleted;

CREATE TRIGGER version_is_not_deleted BEFORE DELETE ON version
WHEN NOT EXISTS (SELECT 1 FROM setting WHERE name = 'pruning')
BEGIN
    SELECT RAISE (ABORT, 'versions are append-only');
END;
