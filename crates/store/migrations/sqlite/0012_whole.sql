-- The first quarter-hour of which this database may know all calls: that in which it was made, or an earlier one that was written into it. A month of
-- which earlier ones are missing is summed by no hour of the week.
CREATE TABLE arrived_since (
    which TEXT PRIMARY KEY NOT NULL CHECK (which = 'first'),
    quarter INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO arrived_since (which, quarter) SELECT 'first', coalesce(min(quarter), unixepoch() / 900) FROM arrived;
