-- Days whose acts on contacts are in the audit, as long as the journal may not know it: with a keyed hash of what was written, so that
-- it is written once. Days are written as YYYYMMDD.
CREATE TABLE acts_written (
    day BIGINT PRIMARY KEY NOT NULL,
    hash BYTEA NOT NULL
);
