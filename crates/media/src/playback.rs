//! What is played to one stream.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::error::InputError;
use crate::format::Law;
use crate::ids::{Level, SoundId, StreamId};
use crate::order::{Background, Playlist};
use crate::sound::{Sound, Sounds};

/// A background sound and how far it is.
#[derive(Clone, Debug)]
struct Waiting {
    id: SoundId,
    sound: Arc<Sound>,
    level: Level,
    frame: usize,
}

/// Prompts once, then a background for ever.
#[derive(Clone, Debug)]
pub(crate) struct Playback {
    prompts: VecDeque<(SoundId, Arc<Sound>)>,
    /// Of the first prompt.
    frame: usize,
    background: Option<Waiting>,
}

impl Playback {
    /// Looks up everything that a playlist names. Its background goes on where the one before was.
    pub(crate) fn new(
        stream: StreamId,
        playlist: &Playlist,
        sounds: &Sounds,
        before: Option<&Self>,
    ) -> Result<Self, InputError> {
        if playlist.prompts.len() > Playlist::PROMPTS_MAX {
            return Err(InputError::TooMany(stream));
        }
        let find = |id: SoundId| sounds.find(id).cloned().ok_or(InputError::NoSound(id));
        let prompts = playlist
            .prompts
            .iter()
            .map(|id| Ok((*id, find(*id)?)))
            .collect::<Result<_, _>>()?;
        let background = match playlist.then {
            Background::Silence => None,
            Background::Sound { sound: id, level } => {
                let frame = before.and_then(|before| before.position(id)).unwrap_or(0);
                Some(Waiting {
                    id,
                    sound: find(id)?,
                    level,
                    frame,
                })
            }
        };
        Ok(Self {
            prompts,
            frame: 0,
            background,
        })
    }

    /// Tells whether there is nothing to play.
    pub(crate) fn is_over(&self) -> bool {
        self.prompts.is_empty() && self.background.is_none()
    }

    fn position(&self, id: SoundId) -> Option<usize> {
        self.background
            .as_ref()
            .filter(|waiting| waiting.id == id)
            .map(|waiting| waiting.frame)
    }

    /// Copies the next frame into `codes`, and returns the prompt that ends with it.
    pub(crate) fn next(&mut self, law: Law, sounds: &Sounds, codes: &mut [u8]) -> Option<SoundId> {
        if let Some((id, sound)) = self.prompts.front() {
            codes.copy_from_slice(sound.frame(law, Level::Full, self.frame));
            self.frame += 1;
            if self.frame < sound.frames() {
                return None;
            }
            let ended = *id;
            self.frame = 0;
            self.prompts.pop_front();
            return Some(ended);
        }
        match &mut self.background {
            Some(waiting) => waiting.next(law, sounds, codes),
            None => codes.fill(law.silence()),
        }
        None
    }
}

impl Waiting {
    fn next(&mut self, law: Law, sounds: &Sounds, codes: &mut [u8]) {
        if self.frame >= self.sound.frames() {
            self.frame = 0;
            if let Some(sound) = sounds.find(self.id) {
                self.sound = Arc::clone(sound);
            }
        }
        codes.copy_from_slice(self.sound.frame(law, self.level, self.frame));
        self.frame += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: StreamId = StreamId(1);
    const LAW: Law = Law::ALaw;

    /// A sound whose n-th frame is n + `first` times a thousand.
    fn sound(first: i16, frames: i16) -> Sound {
        let samples: Vec<i16> = (0..frames)
            .flat_map(|frame| [(first + frame) * 1_000; 160])
            .collect();
        Sound::from_samples(&samples)
    }

    fn sounds() -> Sounds {
        let mut sounds = Sounds::default();
        sounds.insert(SoundId(1), sound(1, 2));
        sounds.insert(SoundId(2), sound(10, 3));
        sounds
    }

    fn thousands(playback: &mut Playback, sounds: &Sounds, frames: usize) -> Vec<i16> {
        let next = |_| {
            let mut codes = [0; 160];
            playback.next(LAW, sounds, &mut codes);
            (f64::from(LAW.decode(codes[0])) / 1_000.0).round() as i16
        };
        (0..frames).map(next).collect()
    }

    fn played(playlist: &Playlist, before: Option<&Playback>) -> Playback {
        Playback::new(STREAM, playlist, &sounds(), before).unwrap()
    }

    #[test]
    fn prompts_come_once_and_the_background_comes_round() {
        let playlist = Playlist {
            prompts: vec![SoundId(1), SoundId(1)],
            ..Playlist::waiting(SoundId(2))
        };

        let heard = thousands(&mut played(&playlist, None), &sounds(), 9);

        assert_eq!(heard, [1, 2, 1, 2, 10, 11, 12, 10, 11]);
    }

    #[test]
    fn an_announcement_does_not_start_the_waiting_sound_again() {
        let mut playback = played(&Playlist::waiting(SoundId(2)), None);
        thousands(&mut playback, &sounds(), 2);
        let announcement = Playlist {
            prompts: vec![SoundId(1)],
            ..Playlist::waiting(SoundId(2))
        };

        assert_eq!(
            thousands(&mut played(&announcement, Some(&playback)), &sounds(), 4),
            [1, 2, 12, 10]
        );
    }

    #[test]
    fn a_reloaded_background_is_taken_when_it_comes_round() {
        let mut playback = played(&Playlist::waiting(SoundId(2)), None);
        let mut reloaded = Sounds::default();
        reloaded.insert(SoundId(2), sound(5, 1));

        assert_eq!(thousands(&mut playback, &reloaded, 5), [10, 11, 12, 5, 5]);
    }

    #[test]
    fn what_is_not_loaded_is_refused() {
        let refused = Playback::new(STREAM, &Playlist::waiting(SoundId(9)), &sounds(), None);

        assert_eq!(refused.unwrap_err(), InputError::NoSound(SoundId(9)));
    }

    #[test]
    fn prompts_without_a_background_end() {
        let mut playback = played(
            &Playlist {
                prompts: vec![SoundId(1)],
                ..Playlist::silence()
            },
            None,
        );
        let mut codes = [0; 160];

        assert_eq!(playback.next(LAW, &sounds(), &mut codes), None);
        assert_eq!(playback.next(LAW, &sounds(), &mut codes), Some(SoundId(1)));
        assert!(playback.is_over());
    }
}
