-- Keys of programs. Moments are seconds since the Unix epoch; the token is hashed with SHA-256; scopes are names between spaces.
CREATE TABLE api_key (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    token BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('live', 'revoked'))
) STRICT, WITHOUT ROWID;
