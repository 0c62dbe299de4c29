-- Format 4. The audit is a chain for each project, and one for the acts on the store itself.

ALTER TABLE audit ADD COLUMN chain BIGINT;      -- the project's id; 0: the store; NULL: an older row
ALTER TABLE audit ADD COLUMN position BIGINT;   -- in its chain, from 1
ALTER TABLE audit ADD COLUMN mac BYTEA;         -- over the row and the MAC before it

CREATE UNIQUE INDEX audit_position ON audit (chain, position);

-- The end of each chain, so that the removal of its last rows is noticed.
CREATE TABLE audit_chain (
    chain     BIGINT PRIMARY KEY,
    position  BIGINT NOT NULL,                  -- of the last row; 0: the chain is empty
    mac       BYTEA NOT NULL,                   -- of the last row
    begun     BIGINT NOT NULL DEFAULT 0,          -- its rows up to this one were pruned
    begun_mac BYTEA NOT NULL DEFAULT '',         -- of that row
    proof     BYTEA NOT NULL                    -- a MAC over this row
);

DROP TRIGGER audit_is_not_changed ON audit;

CREATE TRIGGER audit_is_not_changed
BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_a_change();

CREATE TRIGGER audit_is_not_deleted
BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_a_deletion();
