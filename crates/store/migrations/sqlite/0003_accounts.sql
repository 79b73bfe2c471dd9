-- People and walls that sign in.
CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    login TEXT NOT NULL,
    login_folded TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('operator', 'supervisor', 'administrator', 'auditor', 'wall')),
    standing TEXT NOT NULL CHECK (standing IN ('active', 'disabled')),
    password TEXT NOT NULL,
    password_change TEXT NOT NULL CHECK (password_change IN ('due', 'not-due')),
    totp BLOB,
    totp_step INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Locked by whoever changes how many there are of something that has a limit.
CREATE TABLE directory_turn (
    which TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
