-- The first quarter-hour that was written into this database: a month of which earlier ones are missing is summed by no hour of the week.
CREATE TABLE arrived_since (
    which TEXT COLLATE "C" PRIMARY KEY NOT NULL CHECK (which = 'first'),
    quarter BIGINT NOT NULL
);
INSERT INTO arrived_since (which, quarter) SELECT 'first', quarter FROM (SELECT min(quarter) AS quarter FROM arrived) AS first WHERE quarter IS NOT NULL;
