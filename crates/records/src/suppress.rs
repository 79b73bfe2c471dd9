/// A cell that fewer persons share is hidden, also when it is empty.
pub const CELL_MIN: u64 = 5;
/// So many contacts, at least, a hidden cell may have more or fewer than it has, for whoever knows all that is published.
pub const HIDDEN_WIDTH_MIN: u64 = 3;

/// A cell of a published table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// How many contacts.
    Count(u64),
    /// It is hidden: too few share it, or it would tell another one that too few share.
    Hidden,
}

/// What a cell of a grid holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shared {
    /// How many contacts.
    pub(crate) contacts: u64,
    /// How many persons, as far as they told.
    pub(crate) persons: u64,
}

impl Shared {
    pub(crate) const fn plus(self, other: Self) -> Self {
        Self {
            contacts: self.contacts + other.contacts,
            persons: self.persons + other.persons,
        }
    }
}

/// Hides the small cells of a grid whose sums of rows and columns are known, and as many others as
/// it takes that each hidden one keeps a width of [`HIDDEN_WIDTH_MIN`]; nothing when there is no way to.
///
/// A hidden cell is open if it is a corner of a rectangle of hidden cells around which contacts can
/// be moved: one taken from two opposite corners and given to the other two leaves every sum and
/// every visible cell as it is, and no cell below zero.
pub(crate) fn hide_in_grid(grid: &[Vec<Shared>]) -> Option<Vec<Vec<Cell>>> {
    let small = |row: &Vec<Shared>| row.iter().map(|cell| cell.persons < CELL_MIN).collect();
    let small: Vec<Vec<bool>> = grid.iter().map(small).collect();
    let mut hidden = small.clone();
    for (row, columns) in small.iter().enumerate() {
        for (column, is_small) in columns.iter().enumerate() {
            if *is_small {
                for (row, column) in cheapest_rectangle(grid, &hidden, (row, column))? {
                    hidden[row][column] = true;
                }
            }
        }
    }
    let rows = grid.iter().zip(&hidden);
    Some(rows.map(|(grid, hidden)| cells(grid, hidden)).collect())
}

/// A place in a grid: row and column.
type Place = (usize, usize);

/// The rectangle that protects a cell and hides the fewest contacts that are visible yet.
fn cheapest_rectangle(
    grid: &[Vec<Shared>],
    hidden: &[Vec<bool>],
    (row, column): Place,
) -> Option<[Place; 3]> {
    let rows = (0..grid.len()).filter(|other| *other != row);
    let corners = rows.flat_map(|other_row| {
        let columns = (0..grid[row].len()).filter(|other| *other != column);
        columns.map(move |other_column| {
            [
                (row, other_column),
                (other_row, column),
                (other_row, other_column),
            ]
        })
    });
    let count = |(row, column): Place| grid[row][column].contacts;
    let is_wide = |[beside, below, opposite]: &[Place; 3]| {
        let gives = count((row, column)).min(count(*opposite));
        let takes = count(*beside).min(count(*below));
        gives + takes >= HIDDEN_WIDTH_MIN
    };
    let cost = |corners: &[Place; 3]| -> u64 {
        let visible = corners
            .iter()
            .filter(|(row, column)| !hidden[*row][*column]);
        visible.map(|place| count(*place)).sum()
    };
    corners.filter(is_wide).min_by_key(cost)
}

fn cells(cells: &[Shared], hidden: &[bool]) -> Vec<Cell> {
    let cell = |(cell, hidden): (&Shared, &bool)| match hidden {
        true => Cell::Hidden,
        false => Cell::Count(cell.contacts),
    };
    cells.iter().zip(hidden).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_small(count: u64) -> bool {
        count < CELL_MIN
    }

    fn shared(counts: &[Vec<u64>]) -> Vec<Vec<Shared>> {
        let cell = |count: &u64| Shared {
            contacts: *count,
            persons: *count,
        };
        counts
            .iter()
            .map(|row| row.iter().map(cell).collect())
            .collect()
    }

    /// Every way to fill the hidden cells so that the sums stay; calls `found` with each.
    fn fill(
        grid: &mut Vec<Vec<u64>>,
        places: &[Place],
        rows: &mut [u64],
        columns: &mut [u64],
        found: &mut impl FnMut(&[Vec<u64>]),
    ) {
        let Some(((row, column), rest)) = places.split_first() else {
            if rows.iter().chain(columns.iter()).all(|left| *left == 0) {
                found(grid);
            }
            return;
        };
        let is_last_of_row = rest.iter().all(|(other, _)| other != row);
        let most = rows[*row].min(columns[*column]);
        let least = if is_last_of_row { rows[*row] } else { 0 };
        for count in least..=most {
            grid[*row][*column] = count;
            rows[*row] -= count;
            columns[*column] -= count;
            fill(grid, rest, rows, columns, found);
            rows[*row] += count;
            columns[*column] += count;
        }
    }

    /// The hidden cells, and what is hidden of each row and column.
    fn hidden(counts: &[Vec<u64>], cells: &[Vec<Cell>]) -> (Vec<Place>, Vec<u64>, Vec<u64>) {
        let mut places = Vec::new();
        let (mut rows, mut columns) = (vec![0; counts.len()], vec![0; counts[0].len()]);
        for (row, cells) in cells.iter().enumerate() {
            for (column, cell) in cells.iter().enumerate() {
                if *cell == Cell::Hidden {
                    places.push((row, column));
                    rows[row] += counts[row][column];
                    columns[column] += counts[row][column];
                }
            }
        }
        (places, rows, columns)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn hidden_cells_of_a_grid_keep_their_width_whatever_is_known_of_the_sums(
            counts in prop::collection::vec(
                prop::collection::vec(prop_oneof![2 => 0..4_u64, 1 => 4..8_u64, 1 => Just(0_u64)], 3),
                2..4,
            )
        ) {
            let Some(cells) = hide_in_grid(&shared(&counts)) else {
                return Ok(());
            };
            let (places, mut rows, mut columns) = hidden(&counts, &cells);
            let mut ranges = vec![(u64::MAX, 0); places.len()];
            fill(&mut counts.clone(), &places, &mut rows, &mut columns, &mut |other| {
                for ((least, most), (row, column)) in ranges.iter_mut().zip(&places) {
                    *least = (*least).min(other[*row][*column]);
                    *most = (*most).max(other[*row][*column]);
                }
            });

            for (least, most) in ranges {
                prop_assert!(most - least >= HIDDEN_WIDTH_MIN);
            }
            for (counts, cells) in counts.iter().zip(&cells) {
                for (count, cell) in counts.iter().zip(cells) {
                    prop_assert!(*cell == Cell::Hidden || !is_small(*count));
                }
            }
        }
    }

    #[test]
    fn small_cell_takes_the_cheapest_rectangle_with_it() {
        let counts = [vec![1, 9, 50], vec![8, 7, 60], vec![70, 80, 90]];

        let cells = hide_in_grid(&shared(&counts)).unwrap();

        let hidden = |row: &Vec<Cell>| row.iter().map(|cell| *cell == Cell::Hidden).collect();
        let hidden: Vec<Vec<bool>> = cells.iter().map(hidden).collect();
        assert_eq!(
            hidden,
            [[true, true, false], [true, true, false], [false; 3]]
        );
    }

    #[test]
    fn grid_of_one_row_cannot_hide_anything() {
        assert_eq!(hide_in_grid(&shared(&[vec![1, 9]])), None);
    }
}
