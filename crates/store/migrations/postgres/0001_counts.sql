-- Contacts that arrived, by quarter-hour since the Unix epoch and line.
CREATE TABLE arrived (
    quarter BIGINT NOT NULL,
    line TEXT COLLATE "C" NOT NULL,
    arrived BIGINT NOT NULL CHECK (arrived >= 0),
    PRIMARY KEY (quarter, line)
);

-- Months of a line, and pieces of months. Days are written as YYYYMMDD.
CREATE TABLE closed_period (
    first_day BIGINT NOT NULL,
    span TEXT COLLATE "C" NOT NULL CHECK (span IN ('piece', 'month')),
    line TEXT COLLATE "C" NOT NULL,
    last_day BIGINT NOT NULL,
    PRIMARY KEY (first_day, span, line)
);

-- Their sums: of all classes together, and in a month of each class that may be told. Sums of time are in microseconds.
CREATE TABLE closed_tally (
    first_day BIGINT NOT NULL,
    span TEXT COLLATE "C" NOT NULL,
    line TEXT COLLATE "C" NOT NULL,
    class TEXT COLLATE "C" NOT NULL CHECK (class IN ('all', 'alarm', 'danger', 'crisis', 'information')),
    arrived BIGINT NOT NULL CHECK (arrived >= 0),
    answered BIGINT NOT NULL CHECK (answered >= 0),
    answered_in_time BIGINT NOT NULL CHECK (answered_in_time >= 0),
    abandoned BIGINT NOT NULL CHECK (abandoned >= 0),
    abandoned_early BIGINT NOT NULL CHECK (abandoned_early >= 0),
    overflowed BIGINT NOT NULL CHECK (overflowed >= 0),
    lost BIGINT NOT NULL CHECK (lost >= 0),
    answered_wait BIGINT NOT NULL CHECK (answered_wait >= 0),
    unanswered_wait BIGINT NOT NULL CHECK (unanswered_wait >= 0),
    talk BIGINT NOT NULL CHECK (talk >= 0),
    PRIMARY KEY (first_day, span, line, class),
    FOREIGN KEY (first_day, span, line) REFERENCES closed_period (first_day, span, line) ON DELETE CASCADE
);

-- Offers that were missed in a month, on all lines.
CREATE TABLE closed_misses (
    first_day BIGINT PRIMARY KEY NOT NULL,
    no_answer BIGINT NOT NULL CHECK (no_answer >= 0),
    declined BIGINT NOT NULL CHECK (declined >= 0),
    unreachable BIGINT NOT NULL CHECK (unreachable >= 0)
);
