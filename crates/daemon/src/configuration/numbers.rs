//! Telephone numbers of the configuration: read, and compared with each other.

use exchange::settings::Line;
use sip::PhoneNumber;
use toml::Spanned;

use super::Files;
use super::source::{Problem, Source};

/// Reads a number, or says what keeps it from being one.
pub(super) fn number(
    source: &Source,
    key: &str,
    text: &Spanned<String>,
) -> Result<PhoneNumber, Problem> {
    PhoneNumber::parse(text.get_ref()).map_err(|error| source.problem(text, key, error.to_string()))
}

impl Files {
    /// What numbers of one file mean for those of another: nobody whom Linka calls sees a public
    /// number, and Linka never calls itself.
    pub(super) fn check_numbers(&self, lines: &[Line], problems: &mut Vec<Problem>) {
        for line in &self.lines.1.lines {
            let by_default = |name: &Spanned<String>| name.get_ref() == line.name.get_ref();
            if line.numbers.is_empty() && !self.trunks.1.default_lines().any(by_default) {
                let text =
                    "there is none, and the line is no trunk's default_line: nobody can call it";
                problems.push(self.lines.0.problem(&line.name, "line.numbers", text));
            }
        }
        let outgoing = self.trunks.1.trunks.iter();
        for shown in outgoing.filter_map(|trunk| trunk.outgoing_number.as_ref()) {
            if let Some(line) = line_of(lines, shown) {
                let text = format!(
                    "is a number of line {}, and nobody who is called may see one: it stays in the list of calls of a phone at home",
                    line.id
                );
                problems.push(self.trunks.0.problem(shown, "trunk.outgoing_number", text));
            }
        }
        for called in self.partners.1.partners.iter().map(|entry| &entry.number) {
            if let Some(line) = line_of(lines, called) {
                let text = format!("is a number of line {}: Linka would call itself", line.id);
                problems.push(self.partners.0.problem(called, "partner.number", text));
            }
        }
    }
}

/// The line that the number might belong to, however it is dialled.
fn line_of<'a>(lines: &'a [Line], text: &Spanned<String>) -> Option<&'a Line> {
    let number = PhoneNumber::parse(text.get_ref()).ok()?;
    let own = |line: &&Line| line.numbers.iter().any(|own| own.may_be(&number));
    lines.iter().find(own)
}
