-- People and walls that sign in.
CREATE TABLE account (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    login TEXT COLLATE "C" NOT NULL,
    login_folded TEXT COLLATE "C" NOT NULL UNIQUE,
    display_name TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('operator', 'supervisor', 'administrator', 'auditor', 'wall')),
    standing TEXT COLLATE "C" NOT NULL CHECK (standing IN ('active', 'disabled')),
    password TEXT COLLATE "C" NOT NULL,
    password_change TEXT COLLATE "C" NOT NULL CHECK (password_change IN ('due', 'not-due')),
    totp BYTEA,
    totp_step BIGINT NOT NULL
);

-- Locked by whoever changes how many there are of something that has a limit.
CREATE TABLE directory_turn (
    which TEXT COLLATE "C" NOT NULL PRIMARY KEY
);
