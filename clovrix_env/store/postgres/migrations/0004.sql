-- Format 4. The audit is a chain for each project, and one for the acts on the store itself.

ALTER TABLE audit ADD COLUMN chain BIGINT;
ALTER TABLE audit ADD COLUMN position BIGINT;
ALTER TABLE audit ADD COLUMN mac BYTEA;

CREATE UNIQUE INDEX audit_position ON audit (chain, position);

CREATE TABLE audit_chain (
    chain     BIGINT PRIMARY KEY,
    position  BIGINT NOT NULL,
    mac       BYTEA NOT NULL,
    proof     BYTEA NOT NULL
);
