-- Format 1. A key belongs to a project, its values to environments. Every value is sealed.

CREATE TABLE store (
    id          TEXT PRIMARY KEY,           -- random; part of every seal's place
    format      INTEGER NOT NULL,
    key_label   TEXT NOT NULL,              -- which master key: the first 8 hex of its SHA-256
    check_blob  BLOB NOT NULL               -- sealed under the master key: proves that it is the one
);

CREATE TABLE setting (
    name   TEXT PRIMARY KEY,
    value  TEXT NOT NULL
);

CREATE TABLE migration (
    number  INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL                -- times are seconds since 1970, UTC
);

CREATE TABLE project (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,    -- never used twice: seals name it
    name  TEXT NOT NULL UNIQUE
);

CREATE TABLE data_key (
    project_id  INTEGER NOT NULL REFERENCES project (id),
    key_id      BLOB NOT NULL,
    sealed      BLOB NOT NULL,
    retired_at  INTEGER,
    PRIMARY KEY (project_id, key_id)
);

CREATE TABLE environment (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id  INTEGER NOT NULL REFERENCES project (id),
    name        TEXT NOT NULL,
    UNIQUE (project_id, name)
);

CREATE TABLE entry (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id  INTEGER NOT NULL REFERENCES project (id),
    key         TEXT NOT NULL,
    is_secret   INTEGER NOT NULL CHECK (is_secret IN (0, 1)),
    UNIQUE (project_id, key)
);

CREATE TABLE token (
    id          TEXT PRIMARY KEY,           -- the public part
    hash        BLOB NOT NULL,              -- SHA-256 of the whole token
    role        TEXT NOT NULL CHECK (role IN ('read', 'write')),
    expires_at  INTEGER,
    revoked_at  INTEGER,
    last_used   INTEGER,
    proof       BLOB NOT NULL               -- sealed under the master key: row and scopes are ours
);

CREATE TABLE token_scope (
    token_id        TEXT NOT NULL REFERENCES token (id),
    project_id      INTEGER NOT NULL REFERENCES project (id),
    environment_id  INTEGER REFERENCES environment (id),    -- NULL: all of the project
    UNIQUE (token_id, project_id, environment_id)
);

-- A rowid table, unlike head: values of 32 KiB would make a clustered key's tree deep.
CREATE TABLE version (
    entry_id        INTEGER NOT NULL REFERENCES entry (id),
    environment_id  INTEGER NOT NULL REFERENCES environment (id),
    number          INTEGER NOT NULL,
    sealed          BLOB NOT NULL,
    at              INTEGER NOT NULL,
    token_id        TEXT REFERENCES token (id),     -- NULL: the owner
    PRIMARY KEY (entry_id, environment_id, number)
);

CREATE TABLE head (
    environment_id  INTEGER NOT NULL REFERENCES environment (id),
    entry_id        INTEGER NOT NULL REFERENCES entry (id),
    number          INTEGER NOT NULL,
    PRIMARY KEY (environment_id, entry_id),
    FOREIGN KEY (entry_id, environment_id, number)
        REFERENCES version (entry_id, environment_id, number)
) WITHOUT ROWID;

CREATE TABLE audit (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    token_id     TEXT,                      -- who did it; NULL: the owner
    action       TEXT NOT NULL,
    project      TEXT,
    environment  TEXT,
    key          TEXT,                      -- the entry's key, or the public id of a token
    version      INTEGER,
    status       INTEGER NOT NULL
);

-- Resealing under a new key is the one change that a version may see.
CREATE TRIGGER version_is_not_changed
BEFORE UPDATE OF entry_id, environment_id, number, at, token_id ON version
BEGIN
    SELECT RAISE (ABORT, 'versions are append-only');
END;

CREATE TRIGGER version_is_not_deleted BEFORE DELETE ON version
BEGIN
    SELECT RAISE (ABORT, 'versions are append-only');
END;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE (ABORT, 'the audit is append-only');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE (ABORT, 'the audit is append-only');
END;
