-- Contacts that arrived, by quarter-hour since the Unix epoch and line.
CREATE TABLE arrived (
    quarter BIGINT NOT NULL,
    line TEXT COLLATE "C" NOT NULL,
    arrived BIGINT NOT NULL CHECK (arrived >= 0),
    PRIMARY KEY (quarter, line)
);

-- Periods that are over. Days are written as YYYYMMDD.
CREATE TABLE closed_period (
    first_day BIGINT NOT NULL,
    span TEXT COLLATE "C" NOT NULL CHECK (span IN ('day', 'week', 'month')),
    last_day BIGINT NOT NULL,
    missed_no_answer BIGINT NOT NULL CHECK (missed_no_answer >= 0),
    missed_declined BIGINT NOT NULL CHECK (missed_declined >= 0),
    missed_unreachable BIGINT NOT NULL CHECK (missed_unreachable >= 0),
    PRIMARY KEY (first_day, span)
);

-- Their sums by line and class. Sums of time are in microseconds.
CREATE TABLE closed_tally (
    first_day BIGINT NOT NULL,
    span TEXT COLLATE "C" NOT NULL,
    line TEXT COLLATE "C" NOT NULL,
    class TEXT COLLATE "C" NOT NULL CHECK (class IN ('alarm', 'danger', 'crisis', 'information')),
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
    FOREIGN KEY (first_day, span) REFERENCES closed_period (first_day, span) ON DELETE CASCADE
);
