-- Those who have signed in. Moments are seconds since the Unix epoch; the key is the SHA-256 of the token.
CREATE TABLE session (
    token BLOB NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    device TEXT NOT NULL CHECK (device IN ('known', 'new')),
    created INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('live', 'revoked'))
) STRICT, WITHOUT ROWID;

CREATE INDEX session_of_account ON session (account);
