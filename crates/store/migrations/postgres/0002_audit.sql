-- The audit: a chain of entries, each with the hash of the one before. Days are written as YYYYMMDD.
CREATE TABLE audit (
    seq BIGINT PRIMARY KEY NOT NULL,
    day BIGINT NOT NULL,
    previous BYTEA NOT NULL,
    commitment BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    salt BYTEA,
    payload BYTEA
);

-- Where the chain begins, signed when what was before it was deleted, and where it ends.
CREATE TABLE audit_end (
    which TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (which IN ('beginning', 'head')),
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    signature BYTEA
);
