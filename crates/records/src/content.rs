//! What an operator enters after a call: choices only, no free text, nothing that names anybody.
//!
//! The unit is the contact, not the person: two calls of one family are two. Sums of children are
//! never a number of children.

use crate::choice::{Several, Value as _, choices};

choices! {
    /// How the call ended for the caller.
    Outcome {
        /// She was listened to and advised.
        Advised "advised",
        /// She was referred to somebody else.
        Referred "referred",
        /// A crisis bed was found.
        BedFound "bed_found",
        /// A crisis bed was asked for and none was free.
        NoBedFree "no_bed_free",
        /// Police or an ambulance was called.
        EmergencyCalled "emergency_called",
        /// The call broke off.
        BrokeOff "broke_off",
        /// Nothing of these.
        Other "other",
    }

    /// What the call was about.
    Category {
        /// Violence by a partner or a former one.
        PartnerViolence "partner_violence",
        /// Violence in the family by somebody else.
        FamilyViolence "family_violence",
        /// Sexual violence.
        SexualViolence "sexual_violence",
        /// Stalking.
        Stalking "stalking",
        /// Violence against a child.
        ChildViolence "child_violence",
        /// A crime of another kind.
        OtherCrime "other_crime",
        /// Distress without violence.
        Distress "distress",
        /// Information was wanted.
        Information "information",
        /// Nobody spoke.
        Silent "silent",
        /// A hoax, or abuse of the operator.
        Abusive "abusive",
        /// Nothing of these.
        Other "other",
    }

    /// In which language it was held.
    Language {
        /// Czech.
        Czech "czech",
        /// Slovak.
        Slovak "slovak",
        /// English.
        English "english",
        /// Ukrainian.
        Ukrainian "ukrainian",
        /// Russian.
        Russian "russian",
        /// Vietnamese.
        Vietnamese "vietnamese",
        /// Romani.
        Romani "romani",
        /// Another one.
        Other "other",
    }

    /// Whether an interpreter was there.
    Interpreter {
        /// None was needed.
        NotNeeded "not_needed",
        /// One was in the call.
        Joined "joined",
        /// One was needed and none was found.
        NoneFound "none_found",
    }

    /// To whom the caller was referred.
    Referral {
        /// To nobody.
        None "none",
        /// A counselling or intervention centre.
        Counselling "counselling",
        /// A shelter.
        Shelter "shelter",
        /// The police.
        Police "police",
        /// A doctor or hospital.
        Health "health",
        /// Legal help.
        Legal "legal",
        /// A service for children.
        ChildService "child_service",
        /// Somebody else.
        Other "other",
    }

    /// Whether the caller said that she had called before. Nothing else tells it.
    ToldRepeat {
        /// She said that it was the first time.
        First "first",
        /// She said that she had called before.
        Repeat "repeat",
    }

    /// Who called.
    WhoCalled {
        /// An adult victim.
        AdultVictim "adult_victim",
        /// A child.
        Child "child",
        /// A relative, friend or neighbour.
        Relative "relative",
        /// Somebody at work.
        Professional "professional",
        /// Somebody else.
        Other "other",
    }

    /// How many children live in the household.
    Children {
        /// None.
        Zero "0",
        /// One.
        One "1",
        /// Two.
        Two "2",
        /// Three.
        Three "3",
        /// Four or more.
        FourOrMore "4+",
        /// It was asked, and is not known.
        Unknown "unknown",
    }

    /// An age of children in the household. Dates of birth are not collected.
    AgeBand {
        /// Below one year.
        BelowOne "below_1",
        /// One and two.
        OneToTwo "1-2",
        /// Three to six.
        ThreeToSix "3-6",
        /// Seven to nine.
        SevenToNine "7-9",
        /// Ten to fourteen.
        TenToFourteen "10-14",
        /// Fifteen to seventeen.
        FifteenToSeventeen "15-17",
    }

    /// How the violence reached the children (Istanbul Convention, article 26). Ticked only if the
    /// caller volunteers it.
    Exposure {
        /// It did not.
        NotExposed "not_exposed",
        /// They were in the home and may have heard it.
        MayHear "may_hear",
        /// They saw it.
        Witnessed "witnessed",
        /// They stepped in.
        Intervened "intervened",
        /// They were harmed physically.
        Physical "physical",
        /// They were harmed emotionally.
        Emotional "emotional",
        /// They were harmed sexually.
        Sexual "sexual",
        /// They were neglected.
        Neglect "neglect",
        /// They were used as a means of control.
        Control "control",
        /// It was asked, and is not known.
        Unknown "unknown",
    }

    /// What was done for the children.
    ChildrenOutcome {
        /// Nothing.
        None "none",
        /// A bed together with them.
        Bed "bed",
        /// They were referred to a service for children.
        ChildService "child_service",
    }

    /// From whom it is known what is told about children.
    Source {
        /// The caller told it.
        Caller "caller",
        /// The operator heard it.
        Heard "heard",
        /// Somebody else told it.
        ThirdParty "third_party",
    }

    /// Whose the children are, seen from the violent person.
    Relation {
        /// His own.
        Own "own",
        /// His partner's.
        Partners "partners",
        /// Some are his own.
        Mixed "mixed",
        /// Other ones.
        Other "other",
        /// It was asked, and is not known.
        Unknown "unknown",
    }

    /// Something that is so, or is not.
    Known {
        /// It is so.
        Yes "yes",
        /// It is not so.
        No "no",
        /// It was asked, and is not known.
        Unknown "unknown",
    }

    /// What child protection has to do with it.
    ChildProtection {
        /// Nothing.
        None "none",
        /// It knows the family.
        Involved "involved",
        /// The caller was referred to it now.
        Referred "referred",
        /// A report was made that the law demands.
        Reported "reported",
    }
}

/// Declares the fields of the content.
macro_rules! content {
    ($($(#[$doc:meta])* $field:ident $variant:ident: $type:ty),+ $(,)?) => {
        /// What is entered after a call. Every field begins as *not asked*.
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub struct Content {
            $($(#[$doc])* pub $field: $type,)+
        }

        /// A field of the content.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Field {
            $($(#[$doc])* $variant,)+
        }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in SQL and in the API. It is never changed.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($field),)+
                }
            }

            /// Reads a name; nothing when there is no such field.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|field| field.as_str() == text)
            }

            /// Whether several of its values may be ticked.
            #[must_use]
            pub const fn holds(self) -> crate::Holds {
                match self {
                    $(Self::$variant => <$type as crate::choice::Value>::HOLDS,)+
                }
            }

            /// The texts of its values, *not asked* first.
            #[must_use]
            pub fn domain(self) -> Vec<&'static str> {
                match self {
                    $(Self::$variant => <$type>::domain(),)+
                }
            }
        }

        impl Content {
            /// The texts of what a field holds: one, or several where several may be ticked.
            #[must_use]
            pub fn texts(&self, field: Field) -> Vec<&'static str> {
                match field {
                    $(Field::$variant => self.$field.texts(),)+
                }
            }

            /// Sets a field from its text; several values are joined by `+`.
            ///
            /// # Errors
            /// [`InvalidValue`] when the field has no such value; nothing is changed.
            pub fn set(&mut self, field: Field, text: &str) -> Result<(), InvalidValue> {
                let invalid = || InvalidValue { field: field.as_str(), text: text.to_owned() };
                match field {
                    $(Field::$variant => {
                        self.$field = crate::choice::Value::parse(text).ok_or_else(invalid)?;
                    })+
                }
                Ok(())
            }
        }
    };
}

content! {
    /// How the call ended for the caller.
    outcome Outcome: Outcome,
    /// What it was about.
    category Category: Category,
    /// In which language.
    language Language: Language,
    /// Whether an interpreter was there.
    interpreter Interpreter: Interpreter,
    /// To whom she was referred.
    referral Referral: Referral,
    /// Whether she said that she had called before.
    told_repeat ToldRepeat: ToldRepeat,
    /// Who called.
    who_called WhoCalled: WhoCalled,
    /// How many children live in the household.
    children_in_household Children: Children,
    /// Which ages they have.
    ages Ages: Several<AgeBand>,
    /// How the violence reached them.
    exposure Exposure: Several<Exposure>,
    /// What was done for them.
    children_outcome ChildrenOutcome: ChildrenOutcome,
    /// From whom it is known.
    source Source: Source,
    /// Whose they are. Extended.
    relation Relation: Relation,
    /// Whether somebody is pregnant. Extended.
    pregnancy Pregnancy: Known,
    /// Whether there is violence where the children are handed over or visited. Extended.
    contact_violence ContactViolence: Known,
    /// Whether taking the children away is threatened. Extended.
    abduction_threat AbductionThreat: Known,
    /// What child protection has to do with it. Extended.
    child_protection ChildProtection: ChildProtection,
}

/// A field has no such value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the field {field} has no value {text:?}")]
pub struct InvalidValue {
    /// Which field.
    pub field: &'static str,
    /// What was given.
    pub text: String,
}

impl Content {
    /// What a field holds as one text; several values are joined by `+`.
    #[must_use]
    pub fn text(&self, field: Field) -> String {
        self.texts(field)
            .join(&crate::choice::SEVERAL_SEPARATOR.to_string())
    }
}

/// Whether ages are those of children at school.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgeGroup {
    /// Below school.
    BelowSchool,
    /// At school.
    School,
}

impl AgeBand {
    /// The group that a band is in.
    #[must_use]
    pub const fn group(self) -> Option<AgeGroup> {
        match self {
            Self::NotAsked => None,
            Self::BelowOne | Self::OneToTwo | Self::ThreeToSix => Some(AgeGroup::BelowSchool),
            Self::SevenToNine | Self::TenToFourteen | Self::FifteenToSeventeen => {
                Some(AgeGroup::School)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_begins_as_not_asked() {
        let content = Content::default();

        for field in Field::ALL {
            assert_eq!(content.text(*field), "not_asked", "{}", field.as_str());
        }
    }

    #[test]
    fn every_value_is_read_as_it_is_written() {
        for field in Field::ALL {
            assert_eq!(Field::parse(field.as_str()), Some(*field));
            for text in field.domain() {
                let mut content = Content::default();
                content.set(*field, text).unwrap();
                assert_eq!(content.text(*field), text);
            }
        }
    }

    #[test]
    fn several_values_are_joined_in_one_order() {
        let mut content = Content::default();

        content.set(Field::Ages, "7-9+below_1").unwrap();

        assert_eq!(content.text(Field::Ages), "below_1+7-9");
    }

    #[test]
    fn value_that_is_none_changes_nothing() {
        let mut content = Content::default();
        content.set(Field::Children, "4+").unwrap();
        let before = content.clone();

        let told = content.set(Field::Children, "5").unwrap_err();
        let mixed = content.set(Field::Ages, "below_1+not_asked");

        assert_eq!(
            told.to_string(),
            "the field children_in_household has no value \"5\""
        );
        assert!(mixed.is_err());
        assert_eq!(content, before);
    }
}
