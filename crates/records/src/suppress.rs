/// A cell that fewer contacts share is hidden, also when it is empty.
pub const CELL_MIN: u64 = 5;

/// A cell of a published table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// How many contacts.
    Count(u64),
    /// It is hidden: too few share it, or it would tell another one that too few share.
    Hidden,
}

/// Hides the small cells of a list whose sum is known, and as many others as it takes that none of
/// them can be computed: at least two are hidden, and they are not all empty.
pub(crate) fn hide_in_list(counts: &[u64]) -> Vec<Cell> {
    let mut hidden: Vec<bool> = counts.iter().map(|count| *count < CELL_MIN).collect();
    while hidden.contains(&true) {
        let among = || counts.iter().zip(&hidden).filter(|(_, hidden)| **hidden);
        let sum: u64 = among().map(|(count, _)| count).sum();
        if among().count() >= 2 && sum > 0 {
            break;
        }
        let visible = (0..counts.len()).filter(|at| !hidden[*at]);
        let Some(smallest) = visible.min_by_key(|at| counts[*at]) else {
            break;
        };
        hidden[smallest] = true;
    }
    cells(counts, &hidden)
}

/// Hides the small cells of a grid whose sums of rows and columns are known, and as many others as
/// it takes that none of them can be computed; nothing when there is no way to.
///
/// A hidden cell cannot be computed if it is a corner of a rectangle of hidden cells around which a
/// contact can be moved: one taken from two opposite corners and given to the other two leaves
/// every sum and every visible cell as it is, and no cell below zero.
pub(crate) fn hide_in_grid(counts: &[Vec<u64>]) -> Option<Vec<Vec<Cell>>> {
    let small = |row: &Vec<u64>| row.iter().map(|count| *count < CELL_MIN).collect();
    let small: Vec<Vec<bool>> = counts.iter().map(small).collect();
    let mut hidden = small.clone();
    for (row, columns) in small.iter().enumerate() {
        for (column, is_small) in columns.iter().enumerate() {
            if *is_small {
                for (row, column) in cheapest_rectangle(counts, &hidden, (row, column))? {
                    hidden[row][column] = true;
                }
            }
        }
    }
    let rows = counts.iter().zip(&hidden);
    Some(rows.map(|(counts, hidden)| cells(counts, hidden)).collect())
}

/// A place in a grid: row and column.
type Place = (usize, usize);

/// The rectangle that protects a cell and hides the fewest contacts that are visible yet.
fn cheapest_rectangle(
    counts: &[Vec<u64>],
    hidden: &[Vec<bool>],
    (row, column): Place,
) -> Option<[Place; 3]> {
    let rows = (0..counts.len()).filter(|other| *other != row);
    let corners = rows.flat_map(|other_row| {
        let columns = (0..counts[row].len()).filter(|other| *other != column);
        columns.map(move |other_column| {
            [
                (row, other_column),
                (other_row, column),
                (other_row, other_column),
            ]
        })
    });
    let count = |(row, column): Place| counts[row][column];
    let moves = |[beside, below, opposite]: &[Place; 3]| {
        let gives = count((row, column)) > 0 && count(*opposite) > 0;
        gives || (count(*beside) > 0 && count(*below) > 0)
    };
    let cost = |corners: &[Place; 3]| -> u64 {
        let visible = corners
            .iter()
            .filter(|(row, column)| !hidden[*row][*column]);
        visible.map(|place| count(*place)).sum()
    };
    corners.filter(moves).min_by_key(cost)
}

fn cells(counts: &[u64], hidden: &[bool]) -> Vec<Cell> {
    let cell = |(count, hidden): (&u64, &bool)| match hidden {
        true => Cell::Hidden,
        false => Cell::Count(*count),
    };
    counts.iter().zip(hidden).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_small(count: u64) -> bool {
        count < CELL_MIN
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
        fn no_small_cell_of_a_grid_can_be_computed_from_the_sums(
            counts in prop::collection::vec(
                prop::collection::vec(prop_oneof![2 => 0..4_u64, 1 => 4..8_u64, 1 => Just(0_u64)], 3),
                2..4,
            )
        ) {
            let Some(cells) = hide_in_grid(&counts) else {
                return Ok(());
            };
            let (places, mut rows, mut columns) = hidden(&counts, &cells);
            let mut differs = vec![false; places.len()];
            fill(&mut counts.clone(), &places, &mut rows, &mut columns, &mut |other| {
                for (differs, (row, column)) in differs.iter_mut().zip(&places) {
                    *differs |= other[*row][*column] != counts[*row][*column];
                }
            });

            for (differs, (row, column)) in differs.iter().zip(&places) {
                prop_assert!(*differs || !is_small(counts[*row][*column]));
            }
            for (counts, cells) in counts.iter().zip(&cells) {
                for (count, cell) in counts.iter().zip(cells) {
                    prop_assert!(*cell == Cell::Hidden || !is_small(*count));
                }
            }
        }

        #[test]
        fn no_small_cell_of_a_list_can_be_computed_from_the_sum(
            counts in prop::collection::vec(0..12_u64, 2..9)
        ) {
            let cells = hide_in_list(&counts);

            let hidden = || counts.iter().zip(&cells).filter(|(_, cell)| **cell == Cell::Hidden);
            let sum: u64 = hidden().map(|(count, _)| count).sum();
            prop_assert!(hidden().count() != 1);
            prop_assert!(hidden().count() == 0 || sum > 0 || counts.iter().all(|count| *count == 0));
            let shown = counts.iter().zip(&cells).filter(|(_, cell)| **cell != Cell::Hidden);
            prop_assert!(shown.map(|(count, _)| *count).all(|count| !is_small(count)));
        }
    }

    #[test]
    fn small_cell_takes_the_cheapest_rectangle_with_it() {
        let counts = [vec![1, 9, 50], vec![8, 7, 60], vec![70, 80, 90]];

        let cells = hide_in_grid(&counts.map(|row| row)).unwrap();

        let hidden = |row: &Vec<Cell>| row.iter().map(|cell| *cell == Cell::Hidden).collect();
        let hidden: Vec<Vec<bool>> = cells.iter().map(hidden).collect();
        assert_eq!(
            hidden,
            [[true, true, false], [true, true, false], [false; 3]]
        );
    }

    #[test]
    fn grid_of_one_row_cannot_hide_anything() {
        assert_eq!(hide_in_grid(&[vec![1, 9]]), None);
    }
}
