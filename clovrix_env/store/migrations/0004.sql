-- Format 4. The audit is a chain for each project, and one for the acts on the store itself.

ALTER TABLE audit ADD COLUMN chain INTEGER;     -- the project's id; 0: the store; NULL: an older row
ALTER TABLE audit ADD COLUMN position INTEGER;  -- in its chain, from 1
ALTER TABLE audit ADD COLUMN mac BLOB;          -- over the row and the MAC before it

CREATE UNIQUE INDEX audit_position ON audit (chain, position);

-- The end of each chain, so that the removal of its last rows is noticed.
CREATE TABLE audit_chain (
    chain     INTEGER PRIMARY KEY,
    position  INTEGER NOT NULL,                 -- of the last row; 0: the chain is empty
    mac       BLOB NOT NULL,                    -- of the last row
    begun     INTEGER NOT NULL DEFAULT 0,       -- its rows up to this one were pruned
    begun_mac BLOB NOT NULL DEFAULT x'',        -- of that row
    proof     BLOB NOT NULL                     -- a MAC over this row
);

-- Pruning sets this within its transaction.
DROP TRIGGER audit_is_not_deleted;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
WHEN NOT EXISTS (SELECT 1 FROM setting WHERE name = 'pruning')
BEGIN
    SELECT RAISE (ABORT, 'the audit is append-only');
END;
