-- Devices that accounts signed in on. Moments are seconds since the Unix epoch; the token is hashed with SHA-256.
CREATE TABLE device (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    token BLOB NOT NULL,
    created INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    PRIMARY KEY (account, token)
) STRICT, WITHOUT ROWID;
