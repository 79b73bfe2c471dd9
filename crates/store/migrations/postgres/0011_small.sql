-- Months in which fewer than ten contacts ended are told with the next one. Those that were told alone lie apart until the next one of their line is
-- written; so do missed offers of months in which no line is told. The next opening puts them there. No report and no backup has them.
CREATE TABLE small_month (
    line TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    first_day BIGINT NOT NULL,
    last_day BIGINT NOT NULL,
    arrived BIGINT NOT NULL CHECK (arrived >= 0),
    ended BIGINT NOT NULL CHECK (ended BETWEEN 0 AND 9),
    answered BIGINT NOT NULL CHECK (answered >= 0),
    answered_in_time BIGINT NOT NULL CHECK (answered_in_time >= 0),
    abandoned BIGINT NOT NULL CHECK (abandoned >= 0),
    abandoned_early BIGINT NOT NULL CHECK (abandoned_early >= 0),
    overflowed BIGINT NOT NULL CHECK (overflowed >= 0),
    lost BIGINT NOT NULL CHECK (lost >= 0)
);
CREATE TABLE small_misses (
    first_day BIGINT PRIMARY KEY NOT NULL,
    last_day BIGINT NOT NULL,
    no_answer BIGINT NOT NULL CHECK (no_answer >= 0),
    declined BIGINT NOT NULL CHECK (declined >= 0),
    unreachable BIGINT NOT NULL CHECK (unreachable >= 0)
);
ALTER TABLE withdrawn ADD COLUMN months BIGINT NOT NULL DEFAULT 0 CHECK (months >= 0);
