-- People and screens that sign in.
CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    login TEXT NOT NULL,
    login_folded TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('operator', 'supervisor', 'administrator', 'screen')),
    standing TEXT NOT NULL CHECK (standing IN ('active', 'disabled')),
    password TEXT NOT NULL,
    password_change TEXT NOT NULL CHECK (password_change IN ('due', 'not-due')),
    totp BLOB
) STRICT, WITHOUT ROWID;
