-- Months in which fewer than ten contacts ended are told with the next one. Those that were told alone lie apart until the next one of their line is
-- written; so do missed offers of months in which no line is told. The next opening puts them there. No report and no backup has them.
CREATE TABLE small_month (
    line TEXT PRIMARY KEY NOT NULL,
    first_day INTEGER NOT NULL,
    last_day INTEGER NOT NULL,
    arrived INTEGER NOT NULL CHECK (arrived >= 0),
    ended INTEGER NOT NULL CHECK (ended BETWEEN 0 AND 9),
    answered INTEGER NOT NULL CHECK (answered >= 0),
    answered_in_time INTEGER NOT NULL CHECK (answered_in_time >= 0),
    abandoned INTEGER NOT NULL CHECK (abandoned >= 0),
    abandoned_early INTEGER NOT NULL CHECK (abandoned_early >= 0),
    overflowed INTEGER NOT NULL CHECK (overflowed >= 0),
    lost INTEGER NOT NULL CHECK (lost >= 0)
) STRICT, WITHOUT ROWID;
CREATE TABLE small_misses (
    first_day INTEGER PRIMARY KEY NOT NULL,
    last_day INTEGER NOT NULL,
    no_answer INTEGER NOT NULL CHECK (no_answer >= 0),
    declined INTEGER NOT NULL CHECK (declined >= 0),
    unreachable INTEGER NOT NULL CHECK (unreachable >= 0)
) STRICT, WITHOUT ROWID;
ALTER TABLE withdrawn ADD COLUMN months INTEGER NOT NULL DEFAULT 0 CHECK (months >= 0);
