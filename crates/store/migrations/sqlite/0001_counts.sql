-- Contacts that arrived, by quarter-hour since the Unix epoch and line.
CREATE TABLE arrived (
    quarter INTEGER NOT NULL,
    line TEXT NOT NULL,
    arrived INTEGER NOT NULL CHECK (arrived >= 0),
    PRIMARY KEY (quarter, line)
) STRICT, WITHOUT ROWID;

-- Months of a line, and pieces of months. Days are written as YYYYMMDD.
CREATE TABLE closed_period (
    first_day INTEGER NOT NULL,
    span TEXT NOT NULL CHECK (span IN ('piece', 'month')),
    line TEXT NOT NULL,
    last_day INTEGER NOT NULL,
    PRIMARY KEY (first_day, span, line)
) STRICT, WITHOUT ROWID;

-- Their sums: of all classes together, and in a month of each class that may be told. Sums of time are in microseconds.
CREATE TABLE closed_tally (
    first_day INTEGER NOT NULL,
    span TEXT NOT NULL,
    line TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('all', 'alarm', 'danger', 'crisis', 'information')),
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
    FOREIGN KEY (first_day, span, line) REFERENCES closed_period (first_day, span, line) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Offers that were missed in a month, on all lines.
CREATE TABLE closed_misses (
    first_day INTEGER PRIMARY KEY NOT NULL,
    no_answer INTEGER NOT NULL CHECK (no_answer >= 0),
    declined INTEGER NOT NULL CHECK (declined >= 0),
    unreachable INTEGER NOT NULL CHECK (unreachable >= 0)
) STRICT, WITHOUT ROWID;
