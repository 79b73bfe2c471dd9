-- Those who have signed in. Moments are seconds since the Unix epoch; the key is the SHA-256 of the token.
CREATE TABLE session (
    token BYTEA NOT NULL PRIMARY KEY,
    account TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    device TEXT COLLATE "C" NOT NULL CHECK (device IN ('known', 'new')),
    created BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    standing TEXT COLLATE "C" NOT NULL CHECK (standing IN ('live', 'revoked'))
);

CREATE INDEX session_of_account ON session (account);
