use std::collections::BTreeMap;

use crate::content::Content;

/// Contents in no order, each with how often it was entered: nothing says which of them came first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents(BTreeMap<Content, u64>);

impl Contents {
    /// Each content once for every call that it was entered of.
    pub fn iter(&self) -> impl Iterator<Item = &Content> {
        let each = |(content, count): (_, &u64)| (0..*count).map(move |_| content);
        self.0.iter().flat_map(each)
    }

    /// Contents that were entered so often.
    #[must_use]
    pub const fn from_counts(counts: BTreeMap<Content, u64>) -> Self {
        Self(counts)
    }

    /// How often each was entered.
    #[must_use]
    pub const fn counts(&self) -> &BTreeMap<Content, u64> {
        &self.0
    }

    /// Of how many calls they were entered.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.values().sum()
    }

    /// Whether they are of no call.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn add(&mut self, content: Content) {
        *self.0.entry(content).or_default() += 1;
    }

    pub(crate) fn join(&mut self, others: Self) {
        for (content, count) in others.0 {
            *self.0.entry(content).or_default() += count;
        }
    }
}

impl FromIterator<Content> for Contents {
    fn from_iter<T: IntoIterator<Item = Content>>(contents: T) -> Self {
        let mut all = Self::default();
        contents.into_iter().for_each(|content| all.add(content));
        all
    }
}
