use std::collections::BTreeMap;

use super::{Contact, Health, Millis, Name, Operator, Parts, Recent, Setup, Today, Trunk};

/// Something that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A contact is new, or is not as it was.
    Contact(Contact),
    /// A contact is over.
    ContactGone(String),
    /// An operator is new, or is not as she was.
    Operator(Operator),
    /// An operator is not configured any more.
    OperatorGone(String),
    /// The trunks are so.
    Trunks(Vec<Trunk>),
    /// Calls are taken and kept, or not.
    Health(Health),
    /// The certificate of the web runs out then, or not soon.
    CertificateEnds(Option<Millis>),
    /// The machine's clock is not believed until linka is started again, and why.
    ClockDoubted(String),
    /// The configuration says so.
    Setup(Setup),
    /// The sums of today are so.
    Today(Today),
}

/// The board, and the way from one change to the next.
#[derive(Debug, Default)]
pub struct Fold {
    contacts: BTreeMap<u64, Contact>,
    operators: BTreeMap<String, Operator>,
    /// The number that each operator has on a wall, given when she is first seen.
    numbers: BTreeMap<String, usize>,
    trunks: Vec<Trunk>,
    health: Option<Health>,
    /// It stays while everything else of the health is told anew.
    certificate_ends: Option<Millis>,
    /// It stays as well.
    clock_doubt: Option<String>,
    setup: Setup,
    recent: Recent,
}

impl Fold {
    /// Takes changes in and tells them as parts.
    pub fn apply(&mut self, at: Millis, changes: Vec<Change>) -> Parts {
        let mut parts = Parts {
            at_ms: at,
            ..Parts::default()
        };
        for change in changes {
            self.take(at, change, &mut parts);
        }
        parts
    }

    /// Forgets everything but the sums and takes in what is so now: changes were lost.
    pub fn replace(&mut self, at: Millis, changes: Vec<Change>) -> Parts {
        self.contacts.clear();
        self.operators.clear();
        self.apply(at, changes);
        self.parts(at)
    }

    /// Everything.
    #[must_use]
    pub fn parts(&self, at: Millis) -> Parts {
        Parts {
            at_ms: at,
            health: self.health.clone(),
            setup: Some(self.setup.clone()),
            contacts: self.contacts.values().cloned().collect(),
            contacts_gone: Vec::new(),
            operators: self.operators.values().cloned().collect(),
            operators_gone: Vec::new(),
            trunks: Some(self.trunks.clone()),
            sums: Some(self.recent.sums(at)),
            chart: self.recent.chart(),
        }
    }

    /// What passing time alone changes: the sums of the last minutes, and the day's chart.
    pub fn tick(&mut self, at: Millis) -> Parts {
        self.recent.take(at, self.recent.today());
        Parts {
            at_ms: at,
            sums: Some(self.recent.sums(at)),
            chart: self.recent.chart_now(),
            ..Parts::default()
        }
    }

    /// The parts as a wall sees them.
    #[must_use]
    pub fn for_wall(&self, parts: &Parts) -> Parts {
        parts.for_wall(|key| self.numbers.get(key).copied().unwrap_or(0).to_string())
    }

    /// A contact that is on the board.
    #[must_use]
    pub fn contact(&self, id: u64) -> Option<&Contact> {
        self.contacts.get(&id)
    }

    /// An operator who is on the board.
    #[must_use]
    pub fn operator(&self, key: &str) -> Option<&Operator> {
        self.operators.get(key)
    }

    /// What the configuration says.
    #[must_use]
    pub const fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Gives an operator the name that colleagues see.
    fn name(&self, operator: &mut Operator) {
        let name = self.setup.names.get(&operator.key);
        operator.name = Some(Name(name.unwrap_or(&operator.key).clone()));
    }

    /// Tells everybody's name anew.
    fn rename(&mut self, parts: &mut Parts) {
        let mut operators = std::mem::take(&mut self.operators);
        for operator in operators.values_mut() {
            self.name(operator);
        }
        parts.operators = operators.values().cloned().collect();
        self.operators = operators;
    }

    /// Tells the health with what the board itself keeps of it, unless it is as it was.
    fn tell_health(&mut self, mut health: Health, parts: &mut Parts) {
        health.certificate_ends_ms = self.certificate_ends;
        health.clock_doubt.clone_from(&self.clock_doubt);
        if self.health.as_ref() == Some(&health) {
            return;
        }
        self.health = Some(health.clone());
        parts.health = Some(health);
    }

    fn tell_health_again(&mut self, parts: &mut Parts) {
        if let Some(health) = self.health.clone() {
            self.tell_health(health, parts);
        }
    }

    fn take(&mut self, at: Millis, change: Change, parts: &mut Parts) {
        match change {
            Change::Contact(contact) => {
                // Ids are numbers of the journal; anything else is no contact of ours.
                let Ok(id) = contact.id.parse() else { return };
                self.contacts.insert(id, contact.clone());
                parts.contacts_gone.retain(|gone| *gone != contact.id);
                parts.contacts.retain(|other| other.id != contact.id);
                parts.contacts.push(contact);
            }
            Change::ContactGone(id) => {
                if let Ok(number) = id.parse() {
                    self.contacts.remove(&number);
                }
                parts.contacts.retain(|other| other.id != id);
                parts.contacts_gone.push(id);
            }
            Change::Operator(mut operator) => {
                self.name(&mut operator);
                let next = self.numbers.len() + 1;
                self.numbers.entry(operator.key.clone()).or_insert(next);
                self.operators
                    .insert(operator.key.clone(), operator.clone());
                parts.operators.retain(|other| other.key != operator.key);
                parts.operators.push(operator);
            }
            Change::OperatorGone(key) => {
                self.operators.remove(&key);
                parts.operators.retain(|other| other.key != key);
                parts.operators_gone.push(key);
            }
            Change::Trunks(trunks) => {
                if self.trunks == trunks {
                    return;
                }
                self.trunks.clone_from(&trunks);
                parts.trunks = Some(trunks);
            }
            Change::Health(health) => self.tell_health(health, parts),
            Change::CertificateEnds(ends) => {
                self.certificate_ends = ends;
                self.tell_health_again(parts);
            }
            Change::ClockDoubted(doubt) => {
                self.clock_doubt = Some(doubt);
                self.tell_health_again(parts);
            }
            Change::Setup(setup) => {
                let renamed = setup.names != self.setup.names;
                self.setup = setup.clone();
                parts.setup = Some(setup);
                if renamed {
                    self.rename(parts);
                }
            }
            Change::Today(today) => {
                self.recent.take(at, today);
                parts.sums = Some(self.recent.sums(at));
                parts.chart = self.recent.chart_now();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{Mode, TrunkHealth, TrunkStatus};

    const ENDS: Millis = 1_795_420_800_000;

    fn health() -> Change {
        Change::Health(Health {
            mode: Mode::Serving,
            unsaved: None,
            certificate_ends_ms: None,
            clock_doubt: None,
        })
    }

    fn ends(parts: &Parts) -> Option<Option<Millis>> {
        parts
            .health
            .as_ref()
            .map(|health| health.certificate_ends_ms)
    }

    #[test]
    fn health_and_trunks_are_told_when_they_change() {
        let mut fold = Fold::default();
        let trunk = Trunk {
            name: "carrier".to_owned(),
            status: TrunkStatus::Well,
            health: TrunkHealth::Up,
            registration: None,
        };
        let news = || vec![health(), Change::Trunks(vec![trunk.clone()])];

        let first = fold.apply(1, news());
        let again = fold.apply(2, news());

        assert!(first.health.is_some() && first.trunks.is_some());
        assert_eq!((again.health, again.trunks), (None, None));
        assert_eq!(fold.parts(3).trunks, Some(vec![trunk]));
    }

    #[test]
    fn end_of_the_certificate_stays_while_the_exchange_tells_its_health_anew() {
        let mut fold = Fold::default();

        let first = fold.apply(1, vec![Change::CertificateEnds(Some(ENDS))]);
        let with_health = fold.apply(2, vec![health()]);
        let everything = fold.replace(3, vec![health()]);
        let renewed = fold.apply(4, vec![Change::CertificateEnds(None)]);

        assert_eq!(ends(&first), None);
        assert_eq!(ends(&with_health), Some(Some(ENDS)));
        assert_eq!(ends(&everything), Some(Some(ENDS)));
        assert_eq!(ends(&renewed), Some(None));
    }

    #[test]
    fn doubt_of_the_clock_stays_while_the_exchange_tells_its_health_anew() {
        let mut fold = Fold::default();
        let doubt = |parts: &Parts| parts.health.as_ref().map(|one| one.clock_doubt.clone());
        let why = "the clock stands 30 days past the last entry".to_owned();

        let first = fold.apply(1, vec![Change::ClockDoubted(why.clone())]);
        let with_health = fold.apply(2, vec![health()]);
        let everything = fold.replace(3, vec![health()]);

        assert_eq!(doubt(&first), None);
        assert_eq!(doubt(&with_health), Some(Some(why.clone())));
        assert_eq!(doubt(&everything), Some(Some(why)));
        assert_eq!(doubt(&fold.for_wall(&everything)), doubt(&everything));
    }
}
