-- The audit: a chain of entries, each with the hash of the one before. Days are written as YYYYMMDD.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY NOT NULL,
    day INTEGER NOT NULL,
    previous BLOB NOT NULL,
    commitment BLOB NOT NULL,
    hash BLOB NOT NULL,
    salt BLOB,
    payload BLOB
) STRICT;

-- Where the chain begins, signed when what was before it was deleted, and where it ends.
CREATE TABLE audit_end (
    which TEXT NOT NULL PRIMARY KEY CHECK (which IN ('beginning', 'head')),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    signature BLOB
) STRICT, WITHOUT ROWID;
