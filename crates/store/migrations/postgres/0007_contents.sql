-- Anonymous rows of calls, of a closed period and nothing finer. The key is chance and says nothing about order.
CREATE TABLE record_row (
    first_day BIGINT NOT NULL,
    span TEXT COLLATE "C" NOT NULL,
    line TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    language TEXT COLLATE "C" NOT NULL,
    children_in_household TEXT COLLATE "C" NOT NULL,
    ages TEXT COLLATE "C" NOT NULL,
    pregnancy TEXT COLLATE "C" NOT NULL,
    relation TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    referral TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (first_day, span, line, key),
    FOREIGN KEY (first_day, span, line) REFERENCES closed_period (first_day, span, line) ON DELETE CASCADE
);

-- Cells of the fixed tables of a month. A table of one field has an empty second field, and one column. Values that stand together are separated by
-- spaces. A cell without contacts is hidden.
CREATE TABLE record_cell (
    first_day BIGINT NOT NULL,
    span TEXT COLLATE "C" NOT NULL CHECK (span = 'month'),
    line TEXT COLLATE "C" NOT NULL,
    field TEXT COLLATE "C" NOT NULL,
    second_field TEXT COLLATE "C" NOT NULL,
    row_at BIGINT NOT NULL CHECK (row_at >= 0),
    column_at BIGINT NOT NULL CHECK (column_at >= 0),
    row_values TEXT COLLATE "C" NOT NULL,
    column_values TEXT COLLATE "C" NOT NULL,
    contacts BIGINT CHECK (contacts >= 0),
    PRIMARY KEY (first_day, span, line, field, second_field, row_at, column_at),
    FOREIGN KEY (first_day, span, line) REFERENCES closed_period (first_day, span, line) ON DELETE CASCADE
);
