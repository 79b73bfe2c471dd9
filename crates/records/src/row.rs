use std::collections::BTreeSet;

use crate::choice::{Choice as _, NOT_ASKED, SEVERAL_SEPARATOR, Several};
use crate::content::{AgeBand, AgeGroup, Children, Content, Known, Language, Outcome, Relation};

/// The text of what is left out of a row because too few share it.
pub const LEFT_OUT: &str = "left_out";

/// How many values a row tells.
pub const VALUES: usize = Row::COLUMNS.len() - 1;

/// The values of an anonymous row as they are told, in the order of [`ToldRow::COLUMNS`]. What was
/// left out of it cannot be told any more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ToldRow(pub [String; VALUES]);

impl ToldRow {
    /// The names of its columns: those of a [`Row`] without the key, which tells nothing.
    pub const COLUMNS: &[&str] = Row::COLUMNS.split_at(1).1;
}

/// An anonymous row of one call: no number, no time, no operator, no line but that of its period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// A random key; it says nothing about order.
    pub key: RowKey,
    /// What an outsider may know, as far as it is told.
    pub traits: Traits,
    /// How the call ended; nothing where the outcomes of rows with the same traits are not told.
    pub outcome: Option<OutcomeTold>,
}

/// How a call ended, as finely as it can be told: an outsider may know that, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutcomeTold {
    /// Ten persons share this one among the rows with the same traits.
    Exact(Outcome),
    /// One of those that rows with the same traits do not tell; ten persons share that.
    AnyOther,
}

/// The random key of a row, 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey(pub u128);

/// What an outsider may know of a call; nothing where it is left out.
///
/// Category and referral are none of them and stand in no row: they have tables, and rows that had
/// them too could be taken from those.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Traits {
    /// Whose the children are.
    pub relation: Option<Relation>,
    /// Whether somebody is pregnant.
    pub pregnancy: Option<Known>,
    /// Which ages the children have.
    pub ages: Option<Ages>,
    /// How many children there are.
    pub children: Option<ChildrenTold>,
    /// In which language it was held.
    pub language: Option<LanguageTold>,
}

/// The ages of children, as finely as they can be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ages {
    /// Each band.
    Bands(Several<AgeBand>),
    /// Only whether they are at school.
    Groups(BTreeSet<AgeGroup>),
}

/// The number of children, as finely as it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChildrenTold {
    /// How many.
    Count(Children),
    /// Only whether there are any.
    Any(Known),
}

/// The language, as finely as it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LanguageTold {
    /// Which one.
    Exact(Language),
    /// One of those that most callers speak: Czech and Slovak.
    Common,
    /// Another one, or it was not asked.
    Other,
}

/// How much is left out, least first. Each step leaves out more than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Nothing.
    Nothing,
    /// Whose the children are.
    Relation,
    /// The pregnancy, too.
    Pregnancy,
    /// Ages tell only school or not.
    AgeGroups,
    /// Ages, too.
    Ages,
    /// Children tell only whether there are any.
    AnyChildren,
    /// The language tells only common or other.
    CommonLanguage,
    /// Children, too.
    Children,
    /// Everything.
    Everything,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 9] = [
        Self::Nothing,
        Self::Relation,
        Self::Pregnancy,
        Self::AgeGroups,
        Self::Ages,
        Self::AnyChildren,
        Self::CommonLanguage,
        Self::Children,
        Self::Everything,
    ];
}

impl Traits {
    /// What is left of a content's traits at a step.
    #[must_use]
    pub fn at(step: Step, content: &Content) -> Self {
        Self {
            relation: (step < Step::Relation).then_some(content.relation),
            pregnancy: (step < Step::Pregnancy).then_some(content.pregnancy),
            ages: (step < Step::Ages).then(|| Ages::at(step, content)),
            children: (step < Step::Children).then(|| ChildrenTold::at(step, content)),
            language: (step < Step::Everything).then(|| LanguageTold::at(step, content)),
        }
    }
}

impl Ages {
    fn at(step: Step, content: &Content) -> Self {
        if step < Step::AgeGroups {
            return Self::Bands(content.ages.clone());
        }
        Self::Groups(
            content
                .ages
                .0
                .iter()
                .filter_map(|age| age.group())
                .collect(),
        )
    }
}

impl ChildrenTold {
    fn at(step: Step, content: &Content) -> Self {
        if step < Step::AnyChildren {
            return Self::Count(content.children_in_household);
        }
        Self::Any(match content.children_in_household {
            Children::NotAsked => Known::NotAsked,
            Children::Zero => Known::No,
            Children::One | Children::Two | Children::Three | Children::FourOrMore => Known::Yes,
            Children::Unknown => Known::Unknown,
        })
    }
}

impl LanguageTold {
    fn at(step: Step, content: &Content) -> Self {
        if step < Step::CommonLanguage {
            return Self::Exact(content.language);
        }
        match content.language {
            Language::Czech | Language::Slovak => Self::Common,
            Language::NotAsked
            | Language::English
            | Language::Ukrainian
            | Language::Russian
            | Language::Vietnamese
            | Language::Romani
            | Language::Other => Self::Other,
        }
    }
}

impl Row {
    /// The names of its columns, in the order of [`Row::texts`].
    pub const COLUMNS: [&str; 7] = [
        "key",
        "language",
        "children_in_household",
        "ages",
        "pregnancy",
        "relation",
        "outcome",
    ];

    /// Its values as they stand in SQL and in the API.
    #[must_use]
    pub fn texts(&self) -> [String; 7] {
        let key = [format!("{:032x}", self.key.0)];
        let mut texts = key.into_iter().chain(self.told().0);
        std::array::from_fn(|_| texts.next().unwrap_or_default())
    }

    /// Its values as they are told; of the key nothing is.
    #[must_use]
    pub fn told(&self) -> ToldRow {
        let traits = &self.traits;
        let told = |text: Option<&str>| text.unwrap_or(LEFT_OUT).to_owned();
        ToldRow([
            told(traits.language.map(LanguageTold::as_str)),
            told(traits.children.map(ChildrenTold::as_str)),
            traits.ages.as_ref().map_or(told(None), Ages::text),
            told(traits.pregnancy.map(Known::as_str)),
            told(traits.relation.map(Relation::as_str)),
            told(self.outcome.map(OutcomeTold::as_str)),
        ])
    }
}

impl OutcomeTold {
    fn as_str(self) -> &'static str {
        match self {
            Self::Exact(outcome) => outcome.as_str(),
            Self::AnyOther => "any_other",
        }
    }
}

impl LanguageTold {
    fn as_str(self) -> &'static str {
        match self {
            Self::Exact(language) => language.as_str(),
            Self::Common => "any_common",
            Self::Other => "any_other",
        }
    }
}

impl ChildrenTold {
    fn as_str(self) -> &'static str {
        match self {
            Self::Count(children) => children.as_str(),
            Self::Any(any) => any.as_str(),
        }
    }
}

impl Ages {
    fn text(&self) -> String {
        let texts: Vec<_> = match self {
            Self::Bands(bands) => bands.0.iter().map(|band| band.as_str()).collect(),
            Self::Groups(groups) => groups.iter().map(|group| group.as_str()).collect(),
        };
        if texts.is_empty() {
            return NOT_ASKED.to_owned();
        }
        texts.join(&SEVERAL_SEPARATOR.to_string())
    }
}

impl AgeGroup {
    const fn as_str(self) -> &'static str {
        match self {
            Self::BelowSchool => "below_school",
            Self::School => "school",
        }
    }
}
