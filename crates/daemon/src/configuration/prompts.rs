//! `prompts/prompts.toml`: which sounds there are, and which of them a person has recorded.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use exchange::settings::{Language, Prompt, Sounds};
use media::SoundId;
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use super::source::{Problem, Source};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PromptsFile {
    #[serde(default, rename = "prompt")]
    prompts: Vec<PromptTable>,
    #[serde(default, rename = "sound")]
    sounds: Vec<SoundTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PromptTable {
    id: Spanned<String>,
    #[serde(default)]
    recorded: bool,
    text: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SoundTable {
    id: Spanned<String>,
    file: String,
}

const LANGUAGES: [(&str, Language); 3] = [
    ("cs", Language::Czech),
    ("en", Language::English),
    ("uk", Language::Ukrainian),
];

const STAFF: [(&str, Prompt); 13] = [
    ("press-one", Prompt::PressOne),
    ("ready", Prompt::Ready),
    ("paused", Prompt::Paused),
    ("state", Prompt::State),
    ("paused-after-misses", Prompt::PausedAfterMisses),
    ("off", Prompt::Off),
    ("wrap-up", Prompt::WrapUp),
    ("in-call", Prompt::InCall),
    ("resting", Prompt::Resting),
    ("unreachable", Prompt::Unreachable),
    ("unassigned", Prompt::Unassigned),
    ("wrap-up-longer", Prompt::WrapUpLonger),
    ("not-possible", Prompt::NotPossible),
];

/// The sounds of the prompts folder, each with its number and file.
#[derive(Default)]
pub(crate) struct Prompts {
    ids: BTreeMap<(String, Option<Language>), SoundId>,
    /// Which file holds which sound.
    pub(crate) files: Vec<(SoundId, PathBuf)>,
    /// Ids of prompts that only a synthetic voice has spoken yet.
    pub(crate) synthetic: Vec<String>,
}

impl Prompts {
    /// Reads the folder's list; sounds themselves are loaded later.
    pub(crate) fn read(folder: &Path) -> Result<Self, Problem> {
        let source = Source::read(folder, "prompts.toml")?;
        let file: PromptsFile = source.parse()?;
        let mut prompts = Self::default();
        for table in file.prompts {
            for (name, language) in LANGUAGES {
                if !table.text.contains_key(name) {
                    return Err(source.problem(
                        &table.id,
                        "prompt.text",
                        format!("{} has no text in {name}", table.id.get_ref()),
                    ));
                }
                let path = folder
                    .join(name)
                    .join(format!("{}.wav", table.id.get_ref()));
                prompts.enter(table.id.get_ref().clone(), Some(language), path);
            }
            if !table.recorded {
                prompts.synthetic.push(table.id.into_inner());
            }
        }
        for table in file.sounds {
            prompts.enter(table.id.into_inner(), None, folder.join(table.file));
        }
        Ok(prompts)
    }

    fn enter(&mut self, id: String, language: Option<Language>, path: PathBuf) {
        let sound = SoundId(u16::try_from(self.files.len()).unwrap_or(u16::MAX));
        self.ids.insert((id, language), sound);
        self.files.push((sound, path));
    }

    /// The sound of that name, or a problem at the place that names it.
    pub(super) fn sound(
        &self,
        source: &Source,
        key: &str,
        name: &Spanned<String>,
        language: Option<Language>,
    ) -> Result<SoundId, Problem> {
        let found = self.ids.get(&(name.get_ref().clone(), language)).copied();
        found.ok_or_else(|| {
            source.problem(
                name,
                key,
                format!("prompts.toml has no {:?}", name.get_ref()),
            )
        })
    }

    /// Ids of what is to be spoken to staff and is not there: silence is heard in its place.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let is_there = |id: &str| {
            let spoken = |language| self.ids.contains_key(&(id.to_owned(), Some(language)));
            LANGUAGES.iter().all(|(_, language)| spoken(*language))
        };
        let ids = STAFF.iter().map(|(id, _)| *id);
        ids.filter(|id| !is_there(id)).collect()
    }

    /// What is spoken to staff.
    pub(crate) fn staff(&self) -> Sounds {
        let mut sounds = Sounds::default();
        for (name, prompt) in STAFF {
            for (_, language) in LANGUAGES {
                if let Some(sound) = self.ids.get(&(name.to_owned(), Some(language))) {
                    sounds.prompts.insert((language, prompt), *sound);
                }
            }
        }
        sounds
    }
}
