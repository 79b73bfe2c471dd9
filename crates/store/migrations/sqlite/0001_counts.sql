-- Contacts that arrived, by quarter-hour since the Unix epoch and line.
CREATE TABLE arrived (
    quarter INTEGER NOT NULL,
    line TEXT NOT NULL,
    arrived INTEGER NOT NULL CHECK (arrived >= 0),
    PRIMARY KEY (quarter, line)
) STRICT, WITHOUT ROWID;

-- Periods that are over. Days are written as YYYYMMDD.
CREATE TABLE closed_period (
    first_day INTEGER NOT NULL,
    span TEXT NOT NULL CHECK (span IN ('day', 'week', 'month')),
    last_day INTEGER NOT NULL,
    missed_no_answer INTEGER NOT NULL CHECK (missed_no_answer >= 0),
    missed_declined INTEGER NOT NULL CHECK (missed_declined >= 0),
    missed_unreachable INTEGER NOT NULL CHECK (missed_unreachable >= 0),
    PRIMARY KEY (first_day, span)
) STRICT, WITHOUT ROWID;

-- Their sums by line and class. Sums of time are in microseconds.
CREATE TABLE closed_tally (
    first_day INTEGER NOT NULL,
    span TEXT NOT NULL,
    line TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('alarm', 'danger', 'crisis', 'information')),
    arrived INTEGER NOT NULL CHECK (arrived >= 0),
    answered INTEGER NOT NULL CHECK (answered >= 0),
    answered_in_time INTEGER NOT NULL CHECK (answered_in_time >= 0),
    abandoned INTEGER NOT NULL CHECK (abandoned >= 0),
    abandoned_early INTEGER NOT NULL CHECK (abandoned_early >= 0),
    overflowed INTEGER NOT NULL CHECK (overflowed >= 0),
    lost INTEGER NOT NULL CHECK (lost >= 0),
    answered_wait INTEGER NOT NULL CHECK (answered_wait >= 0),
    unanswered_wait INTEGER NOT NULL CHECK (unanswered_wait >= 0),
    talk INTEGER NOT NULL CHECK (talk >= 0),
    PRIMARY KEY (first_day, span, line, class),
    FOREIGN KEY (first_day, span) REFERENCES closed_period (first_day, span) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
