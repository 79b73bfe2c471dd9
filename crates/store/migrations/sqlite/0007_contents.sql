-- Anonymous rows of calls, of a closed period and nothing finer. The key is chance and says nothing about order.
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
    referral TEXT NOT NULL,
    PRIMARY KEY (first_day, span, line, key),
    FOREIGN KEY (first_day, span, line) REFERENCES closed_period (first_day, span, line) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Cells of the fixed tables of a month. A table of one field has an empty second field, and one column. Values that stand together are separated by
-- spaces. A cell without contacts is hidden.
CREATE TABLE record_cell (
    first_day INTEGER NOT NULL,
    span TEXT NOT NULL CHECK (span = 'month'),
    line TEXT NOT NULL,
    field TEXT NOT NULL,
    second_field TEXT NOT NULL,
    row_at INTEGER NOT NULL CHECK (row_at >= 0),
    column_at INTEGER NOT NULL CHECK (column_at >= 0),
    row_values TEXT NOT NULL,
    column_values TEXT NOT NULL,
    contacts INTEGER CHECK (contacts >= 0),
    PRIMARY KEY (first_day, span, line, field, second_field, row_at, column_at),
    FOREIGN KEY (first_day, span, line) REFERENCES closed_period (first_day, span, line) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
