//! All that is published of a line and month, as an integer program: what may its hidden cells hold?
//!
//! What a call is has the shape of a tree: the group of its row knows language, children, ages, pregnancy,
//! relation and outcome, each table of two fields joins another field to one of these. So numbers of
//! contacts for each edge that agree where edges meet are numbers of some month of calls, and none beyond
//! those have to be tried.

use std::collections::BTreeMap;

use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem};
use records::content::{AgeBand, AgeGroup, Content, Field, Outcome};
use records::{Ages, CELL_MIN, Cell, Choice, Contents, Holds, Single, Tables, generalise, tables};

use crate::admitted::{Seen, admits_age, admitted, admitted_outcomes, ages_told, seen};
use crate::year::persons_of;

/// Of so many groups of a month it is asked how their calls ended.
const GROUPS_ASKED_MAX: usize = 40;

/// What is published of a line and month.
pub(crate) struct Publication {
    pub(crate) groups: Vec<Seen>,
    /// How many contacts are in no row.
    untold: u64,
    pub(crate) tables: Tables,
    /// What is behind it.
    contents: Vec<Content>,
}

/// For each value of a field the variables whose sum it is.
type Totals = BTreeMap<(Field, &'static str), Vec<usize>>;

/// A cell, and how many contacts it may hold for all that is known.
#[derive(Debug)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) least: u64,
    pub(crate) most: u64,
    /// What it holds.
    pub(crate) held: u64,
}

/// A cell that is asked for: the contacts whose fields have one of these values each.
struct AskedCell {
    of: Vec<(Field, Vec<&'static str>)>,
    variables: Vec<usize>,
}

impl AskedCell {
    fn is_of(&self, content: &Content) -> bool {
        self.of.iter().all(|(field, values)| {
            let texts = content.texts(*field);
            texts.iter().any(|text| values.contains(text))
        })
    }
}

impl Publication {
    pub(crate) fn of(periods: &[Contents]) -> Self {
        let mut groups = Vec::new();
        let mut untold = 0;
        for (place, period) in periods.iter().enumerate() {
            let rows = generalise(period, [3; 32]);
            if rows.is_empty() {
                untold += period.len();
            }
            groups.extend(seen(place, &rows));
        }
        Self {
            groups,
            untold,
            tables: tables(periods),
            contents: periods.iter().flat_map(Contents::iter).cloned().collect(),
        }
    }

    fn contacts(&self) -> u64 {
        self.groups.iter().map(Seen::size).sum::<u64>() + self.untold
    }

    /// What each hidden cell may hold.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let (program, hidden) = self.program(Asked::Cells);
        let secret = |cell| self.secret(&program, cell);
        hidden.iter().map(secret).collect()
    }

    /// How many calls of each group had each outcome at least, for all that is known; of the
    /// smallest groups where there are many.
    pub(crate) fn certain_outcomes(&self) -> Vec<(&Seen, Outcome, u64)> {
        let mut certain = Vec::new();
        let mut groups: Vec<_> = self.groups.iter().enumerate().collect();
        groups.sort_by_key(|(_, group)| group.size());
        groups.truncate(GROUPS_ASKED_MAX);
        for (place, group) in groups {
            let (program, _) = self.program(Asked::Group(place));
            for (outcome, variables) in &program.outcomes {
                let least = program.best(variables, OptimizationDirection::Minimize);
                certain.push((group, *outcome, least));
            }
        }
        certain
    }

    /// For who knows how a call ended: each value of a field that a table has beside the outcome, how
    /// many of such calls have it at least, and how many such calls there are at most.
    pub(crate) fn beside_outcomes(&self) -> Vec<(String, u64, u64)> {
        let (_, totals) = self.of_rows(Asked::Cells);
        let (program, _) = self.program(Asked::Cells);
        let mut beside = Vec::new();
        for (first, second, cells) in &program.pairs {
            if *second != Field::Outcome {
                continue;
            }
            for (at, outcome) in second.domain().into_iter().enumerate() {
                let total = &totals[&(*second, outcome)];
                let most = program.best(total, OptimizationDirection::Maximize);
                for (value, row) in first.domain().into_iter().zip(cells) {
                    let least = program.best(&row[at..=at], OptimizationDirection::Minimize);
                    beside.push((format!("{first:?} {value} of {outcome}"), least, most));
                }
            }
        }
        beside
    }

    /// Cells of tables of one field that are shown although fewer persons share them than a cell
    /// must have; with what they may hold for who has the rows alone.
    pub(crate) fn small_shown(&self) -> Vec<Secret> {
        let (program, totals) = self.of_rows(Asked::Cells);
        let mut small = Vec::new();
        for Single { field, cells } in &self.tables.singles {
            for (value, shown) in cells {
                let cell = AskedCell {
                    of: vec![(*field, vec![*value])],
                    variables: totals[&(*field, *value)].clone(),
                };
                if *shown != Cell::Hidden && self.persons(&cell) < CELL_MIN {
                    small.push(self.secret(&program, &cell));
                }
            }
        }
        small
    }

    fn persons(&self, cell: &AskedCell) -> u64 {
        let contents = self.contents.iter().filter(|content| cell.is_of(content));
        persons_of(&contents.collect::<Vec<_>>())
    }

    fn secret(&self, program: &Program, cell: &AskedCell) -> Secret {
        let held = self.contents.iter().filter(|content| cell.is_of(content));
        Secret {
            least: program.best(&cell.variables, OptimizationDirection::Minimize),
            most: program.best(&cell.variables, OptimizationDirection::Maximize),
            held: held.count() as u64,
            name: format!("{:?}", cell.of),
        }
    }

    /// What rows tell, and of each value of a field the sum of variables that it is.
    fn of_rows(&self, asked: Asked) -> (Program, Totals) {
        let mut program = Program::default();
        let mut totals = Totals::new();
        for field in Field::ALL {
            match (field, field.holds()) {
                (Field::Outcome, _) => program.outcomes(self, asked, &mut totals),
                (_, Holds::One) => program.values(self, *field, &mut totals),
                (Field::Ages, Holds::Several) => program.ages(self, &mut totals),
                (_, Holds::Several) => {
                    for value in field.domain() {
                        let tick = program.variable(self.contacts());
                        totals.insert((*field, value), vec![tick]);
                    }
                }
            }
        }
        (program, totals)
    }

    /// Everything that is known, and the hidden cells as sums of variables.
    fn program(&self, asked: Asked) -> (Program, Vec<AskedCell>) {
        let (mut program, totals) = self.of_rows(asked);
        let mut hidden = Vec::new();
        for single in &self.tables.singles {
            for (value, cell) in &single.cells {
                let variables = totals[&(single.field, *value)].clone();
                let is_untold_tick =
                    single.field.holds() == Holds::Several && *value == "not_asked";
                match cell {
                    Cell::Count(count) => program.equal(&variables, *count),
                    Cell::Hidden if is_untold_tick => {}
                    Cell::Hidden => {
                        let of = vec![(single.field, vec![*value])];
                        hidden.push(AskedCell { of, variables });
                    }
                }
            }
        }
        for pair in &self.tables.pairs {
            program.pair(pair, &totals, &mut hidden);
        }
        (program, hidden)
    }
}

/// What is known of a sum of variables, each with its weight.
struct Constraint {
    terms: Vec<(usize, f64)>,
    operator: ComparisonOp,
    count: u64,
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Cells,
    /// The outcomes of the group at this place.
    Group(usize),
}

#[derive(Default)]
struct Program {
    /// The most that each variable may be.
    most: Vec<u64>,
    constraints: Vec<Constraint>,
    /// The cells of each table of two fields by the values of both, whatever stands together in it.
    pairs: Vec<(Field, Field, Vec<Vec<usize>>)>,
    /// The variables of each outcome of the group that is asked for.
    outcomes: BTreeMap<Outcome, Vec<usize>>,
}

impl Program {
    fn variable(&mut self, most: u64) -> usize {
        self.most.push(most);
        self.most.len() - 1
    }

    fn variables(&mut self, count: usize, most: u64) -> Vec<usize> {
        (0..count).map(|_| self.variable(most)).collect()
    }

    fn equal(&mut self, variables: &[usize], count: u64) {
        let terms = variables.iter().map(|variable| (*variable, 1.0));
        self.constrain(terms, ComparisonOp::Eq, count);
    }

    /// Two sums are the same.
    fn agree(&mut self, one: &[usize], other: &[usize]) {
        let one = one.iter().map(|variable| (*variable, 1.0));
        let other = other.iter().map(|variable| (*variable, -1.0));
        self.constrain(one.chain(other), ComparisonOp::Eq, 0);
    }

    fn constrain(
        &mut self,
        terms: impl Iterator<Item = (usize, f64)>,
        operator: ComparisonOp,
        count: u64,
    ) {
        self.constraints.push(Constraint {
            terms: terms.collect(),
            operator,
            count,
        });
    }

    /// Calls of several groups whose rows may be about the same outcomes are told apart by nothing
    /// else that is known of outcomes: but for the one that is asked for, they are one sum.
    fn outcomes(&mut self, published: &Publication, asked: Asked, totals: &mut Totals) {
        let mut parts = BTreeMap::<Vec<Outcome>, u64>::new();
        let mut of_group = BTreeMap::<Outcome, Vec<usize>>::new();
        for (place, group) in published.groups.iter().enumerate() {
            for (told, count) in &group.outcomes {
                let outcomes = admitted_outcomes(group, *told);
                if asked != Asked::Group(place) {
                    *parts.entry(outcomes).or_default() += count;
                    continue;
                }
                for (outcome, variable) in self.one_of(&outcomes, *count, totals) {
                    of_group.entry(outcome).or_default().push(variable);
                }
            }
        }
        *parts.entry(Outcome::ALL.to_vec()).or_default() += published.untold;
        for (outcomes, count) in parts {
            self.one_of(&outcomes, count, totals);
        }
        self.outcomes = of_group;
    }

    /// So many calls had one of these outcomes each.
    fn one_of(
        &mut self,
        outcomes: &[Outcome],
        count: u64,
        totals: &mut Totals,
    ) -> Vec<(Outcome, usize)> {
        let variables = self.variables(outcomes.len(), count);
        self.equal(&variables, count);
        let of_outcomes: Vec<_> = outcomes.iter().copied().zip(variables).collect();
        for (outcome, variable) in &of_outcomes {
            let total = totals.entry((Field::Outcome, outcome.as_str()));
            total.or_default().push(*variable);
        }
        of_outcomes
    }

    fn values(&mut self, published: &Publication, field: Field, totals: &mut Totals) {
        let mut parts = BTreeMap::<Vec<&str>, u64>::new();
        for period in published
            .groups
            .chunk_by(|one, next| one.period == next.period)
        {
            for group in period {
                *parts.entry(admitted(field, group, period)).or_default() += group.size();
            }
        }
        *parts.entry(field.domain()).or_default() += published.untold;
        for (values, count) in parts {
            let variables = self.variables(values.len(), count);
            self.equal(&variables, count);
            for (value, variable) in values.into_iter().zip(variables) {
                totals.entry((field, value)).or_default().push(variable);
            }
        }
        for value in field.domain() {
            totals.entry((field, value)).or_default();
        }
    }

    fn ages(&mut self, published: &Publication, totals: &mut Totals) {
        let mut parts = BTreeMap::<Option<Ages>, u64>::new();
        for group in &published.groups {
            *parts.entry(ages_told(&group.traits)).or_default() += group.size();
        }
        *parts.entry(None).or_default() += published.untold;
        for (told, count) in parts {
            let mut ticked = BTreeMap::<AgeGroup, Vec<usize>>::new();
            for age in AgeBand::ALL {
                let may_be = admits_age(told.as_ref(), *age);
                let variable = self.variable(if may_be { count } else { 0 });
                totals
                    .entry((Field::Ages, age.as_str()))
                    .or_default()
                    .push(variable);
                match (&told, age.group()) {
                    (Some(Ages::Bands(_)), _) if may_be => self.equal(&[variable], count),
                    (Some(Ages::Groups(_)), Some(group)) if may_be => {
                        ticked.entry(group).or_default().push(variable);
                    }
                    _ => {}
                }
            }
            for variables in ticked.into_values() {
                let terms = variables.into_iter().map(|variable| (variable, 1.0));
                self.constrain(terms, ComparisonOp::Ge, count);
            }
        }
    }

    fn pair(&mut self, pair: &records::Pair, totals: &Totals, hidden: &mut Vec<AskedCell>) {
        let (rows, columns) = (pair.first.domain(), pair.second.domain());
        let most = self.most.iter().copied().max().unwrap_or(0);
        let cells: Vec<_> = rows
            .iter()
            .map(|_| self.variables(columns.len(), most))
            .collect();
        for (row, cells) in rows.iter().zip(&cells) {
            self.agree(cells, &totals[&(pair.first, *row)]);
        }
        for (at, column) in columns.iter().enumerate() {
            let cells: Vec<_> = cells.iter().map(|row| row[at]).collect();
            self.agree(&cells, &totals[&(pair.second, *column)]);
        }
        for (values, shown) in &pair.rows {
            for (others, cell) in pair.columns.iter().zip(shown) {
                let within =
                    |domain: &[&str], values: &[&str], at: usize| values.contains(&domain[at]);
                let rows_of = (0..rows.len()).filter(|at| within(&rows, values, *at));
                let places = rows_of.flat_map(|row| {
                    let columns_of = (0..columns.len()).filter(|at| within(&columns, others, *at));
                    columns_of
                        .map(move |column| (row, column))
                        .collect::<Vec<_>>()
                });
                let variables: Vec<_> = places.map(|(row, column)| cells[row][column]).collect();
                match cell {
                    Cell::Count(count) => self.equal(&variables, *count),
                    Cell::Hidden => {
                        let of = vec![(pair.first, values.clone()), (pair.second, others.clone())];
                        hidden.push(AskedCell { of, variables });
                    }
                }
            }
        }
        self.pairs.push((pair.first, pair.second, cells));
    }

    /// The least or the most that a sum may be.
    fn best(&self, sum: &[usize], direction: OptimizationDirection) -> u64 {
        let mut problem = Problem::new(direction);
        let variables: Vec<_> = (0..self.most.len())
            .map(|variable| {
                let weight = if sum.contains(&variable) { 1.0 } else { 0.0 };
                let most = i32::try_from(self.most[variable]).unwrap();
                problem.add_integer_var(weight, (0, most))
            })
            .collect();
        for Constraint {
            terms,
            operator,
            count,
        } in &self.constraints
        {
            let mut sum = LinearExpr::empty();
            for (variable, weight) in terms {
                sum.add(variables[*variable], *weight);
            }
            problem.add_constraint(sum, *operator, *count as f64);
        }
        let solution = problem.solve().unwrap().into_solution().unwrap();
        solution.objective().round() as u64
    }
}
