//! Counts of passed and failed tests, summed from the runners' own lines.

use std::fmt;
use std::ops::AddAssign;

/// Tests that passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// What one line of a runner's output adds: `test result: ok. 3 passed; 1 failed; …`.
    pub(crate) fn of_line(line: &str) -> Self {
        let Some(result) = line.trim_start().strip_prefix("test result: ") else {
            return Self::default();
        };
        let count = |word: &str| {
            let field = result
                .split(['.', ';'])
                .find_map(|field| field.trim().strip_suffix(word));
            field
                .and_then(|number| number.trim().parse().ok())
                .unwrap_or(0)
        };
        Self {
            passed: count(" passed"),
            failed: count(" failed"),
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_the_result_lines_and_nothing_else() {
        let output = "running 4 tests\n\
            test speaks ... ok\n\
            test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 2 filtered out; finished in 0.00s\n\
            test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s\n\
            7 passed, 7 failed\n";
        let mut tally = Tally::default();

        for line in output.lines() {
            tally += Tally::of_line(line);
        }

        assert_eq!(
            tally,
            Tally {
                passed: 15,
                failed: 1
            }
        );
        assert_eq!(tally.to_string(), "15 passed, 1 failed");
    }
}
