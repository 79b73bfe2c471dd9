-- What was told by weaker rules is told anew or withdrawn: whoever knows how a call ended, or takes rows and tables together, found too much in it.
-- How much was withdrawn, until it is in the audit.
CREATE TABLE withdrawn (
    record_rows INTEGER NOT NULL CHECK (record_rows >= 0),
    parts INTEGER NOT NULL CHECK (parts >= 0),
    classes INTEGER NOT NULL CHECK (classes >= 0),
    cells INTEGER NOT NULL CHECK (cells >= 0)
) STRICT;
INSERT INTO withdrawn (record_rows, parts, classes, cells)
SELECT record_rows, parts, classes, cells FROM (
    SELECT (SELECT count(*) FROM record_row) AS record_rows,
        (SELECT count(*) FROM closed_period WHERE span = 'piece') AS parts,
        (SELECT count(*) FROM closed_tally WHERE span = 'month' AND class <> 'all') AS classes,
        (SELECT count(*) FROM record_cell) AS cells
) AS counted
WHERE record_rows > 0 OR parts > 0 OR classes > 0 OR cells > 0;

-- Tables were hidden by cells alone, and what they were made of is gone.
DELETE FROM record_cell;

-- Rows have no referral any more: it stands in a table.
DROP TABLE record_row;
CREATE TABLE record_row (
    first_day INTEGER NOT NULL,
    span TEXT NOT NULL,
    line TEXT NOT NULL,
    key TEXT NOT NULL,
    language TEXT NOT NULL,
    children_in_household TEXT NOT NULL,
    ages TEXT NOT NULL,
    pregnancy TEXT NOT NULL,
    relation TEXT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (first_day, span, line, key),
    FOREIGN KEY (first_day, span, line) REFERENCES closed_period (first_day, span, line) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Sums of closed periods: of all classes together, and in a month of each class that may be told. What is empty is not told: of a part of a month
-- there are no times and not how those ended who were not answered. Sums of time are in seconds.
CREATE TABLE closed_sums (
    first_day INTEGER NOT NULL,
    span TEXT NOT NULL,
    line TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('all', 'alarm', 'danger', 'crisis', 'information')),
    arrived INTEGER NOT NULL CHECK (arrived >= 0),
    ended INTEGER NOT NULL CHECK (ended >= 0),
    answered INTEGER NOT NULL CHECK (answered >= 0),
    answered_in_time INTEGER NOT NULL CHECK (answered_in_time >= 0),
    abandoned INTEGER CHECK (abandoned >= 0),
    abandoned_early INTEGER CHECK (abandoned_early >= 0),
    overflowed INTEGER CHECK (overflowed >= 0),
    lost INTEGER CHECK (lost >= 0),
    answered_wait INTEGER CHECK (answered_wait >= 0),
    unanswered_wait INTEGER CHECK (unanswered_wait >= 0),
    talk INTEGER CHECK (talk >= 0),
    PRIMARY KEY (first_day, span, line, class),
    FOREIGN KEY (first_day, span, line) REFERENCES closed_period (first_day, span, line) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO closed_sums
SELECT first_day, span, line, class, arrived, answered + abandoned + overflowed + lost, answered, answered_in_time,
    abandoned, abandoned_early, overflowed, lost,
    CASE WHEN answered + overflowed >= 10 THEN answered_wait / 1000000 END,
    CASE WHEN abandoned + lost >= 10 AND (overflowed = 0 OR overflowed >= 10) THEN unanswered_wait / 1000000 END,
    CASE WHEN answered >= 10 AND (abandoned + lost + overflowed = 0 OR abandoned + lost + overflowed >= 10) THEN talk / 1000000 END
FROM closed_tally WHERE span = 'month' AND class = 'all';
DROP TABLE closed_tally;
DELETE FROM closed_period WHERE span = 'piece';

-- Missed offers are told of several months where no line was told in the first ones.
ALTER TABLE closed_misses ADD COLUMN last_day INTEGER NOT NULL DEFAULT 0;
UPDATE closed_misses SET last_day = CAST(strftime('%Y%m%d',
    substr(first_day, 1, 4) || '-' || substr(first_day, 5, 2) || '-01', '+1 month', '-1 day') AS INTEGER);

-- How many contacts arrived in each hour of the week, in months whose quarter-hours are kept no longer: hour 0 begins on Monday at midnight. What is
-- empty is withheld. Every month that was summed has all hours.
CREATE TABLE arrived_hours (
    first_day INTEGER NOT NULL,
    line TEXT NOT NULL,
    hour INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 167),
    arrived INTEGER CHECK (arrived >= 10),
    PRIMARY KEY (first_day, line, hour)
) STRICT, WITHOUT ROWID;
