-- Days whose acts on contacts are in the audit, as long as the journal may not know it: with a keyed hash of what was written, so that
-- it is written once. Days are written as YYYYMMDD.
CREATE TABLE acts_written (
    day INTEGER PRIMARY KEY NOT NULL,
    hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;
