-- Devices that accounts signed in on. Moments are seconds since the Unix epoch; the token is hashed with SHA-256.
CREATE TABLE device (
    account TEXT COLLATE "C" NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    token BYTEA NOT NULL,
    created BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    PRIMARY KEY (account, token)
);
