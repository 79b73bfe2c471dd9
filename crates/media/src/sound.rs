//! Prompts and waiting sounds: WAV files, encoded once into frames of both laws.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::format::Law;
use crate::ids::{Level, SoundId};

/// Samples, and G.711 codes, in a packet of 20 ms at 8 kHz.
pub(crate) const FRAME_SAMPLES: usize = 160;
/// Samples of half a frame, for who takes no longer packets.
pub(crate) const HALF_SAMPLES: usize = FRAME_SAMPLES / 2;

/// The only sampling rate, in Hz.
pub(crate) const SAMPLE_RATE: u32 = 8_000;

/// What [`Level::NearSilent`] divides by: 36 dB.
const NEAR_SILENT_DIVISOR: i16 = 63;

/// How long a sound may be: 20 minutes at 8 kHz.
const SAMPLES_MAX: u32 = 20 * 60 * SAMPLE_RATE;

/// Why a file is no sound.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// It cannot be read.
    #[error("sound {} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is no WAV file, or a damaged one.
    #[error("sound {} is no readable WAV file", path.display())]
    Wav {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: hound::Error,
    },
    /// It has another shape than 8 kHz, one channel, 16 bits.
    #[error("sound {} has {rate} Hz, {channels} channels, {bits} bits; it must have 8000 Hz, 1 channel, 16 bits", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// Its sampling rate in Hz.
        rate: u32,
        /// Its channels.
        channels: u16,
        /// Its bits a sample.
        bits: u16,
    },
    /// It holds nothing, or more than 20 minutes.
    #[error("sound {} lasts {seconds} s; it must last between one sample and 20 minutes", path.display())]
    Length {
        /// The file.
        path: PathBuf,
        /// How long it lasts, in whole seconds.
        seconds: u32,
    },
}

/// A prompt or waiting sound in both laws and both levels, in whole frames of 20 ms.
#[derive(Clone, PartialEq, Eq)]
pub struct Sound {
    full: [Box<[u8]>; 2],
    near_silent: [Box<[u8]>; 2],
}

impl Sound {
    /// Encodes samples of 8 kHz; the last frame is filled up with silence. No samples give one frame of silence.
    pub fn from_samples(samples: &[i16]) -> Self {
        let length = samples.len().max(1).next_multiple_of(FRAME_SAMPLES);
        let encode = |law: Law, divisor: i16| {
            let mut codes: Vec<u8> = samples
                .iter()
                .map(|sample| law.encode(sample / divisor))
                .collect();
            codes.resize(length, law.silence());
            codes.into_boxed_slice()
        };
        let both = |divisor| [encode(Law::ALaw, divisor), encode(Law::MuLaw, divisor)];
        Self {
            full: both(1),
            near_silent: both(NEAR_SILENT_DIVISOR),
        }
    }

    /// Reads and encodes a WAV file of 8 kHz, one channel, 16 bits.
    ///
    /// # Errors
    /// When the file cannot be read, is no WAV file, or has another shape; each names the file.
    pub fn load(path: &Path) -> Result<Self, SoundError> {
        let bytes = std::fs::read(path).map_err(|source| SoundError::Read {
            path: path.to_path_buf(),
            source,
        })?;
        Self::from_wav(path, Cursor::new(bytes))
    }

    /// Reads and encodes a WAV; `path` is only what errors call it.
    ///
    /// # Errors
    /// As [`Sound::load`].
    pub fn from_wav(path: &Path, bytes: impl Read) -> Result<Self, SoundError> {
        let path = path.to_path_buf();
        let wav = |source| SoundError::Wav {
            path: path.clone(),
            source,
        };
        let mut reader = hound::WavReader::new(bytes).map_err(wav)?;
        let spec = reader.spec();
        let shape = (
            spec.sample_rate,
            spec.channels,
            spec.bits_per_sample,
            spec.sample_format,
        );
        if shape != (SAMPLE_RATE, 1, 16, hound::SampleFormat::Int) {
            return Err(SoundError::Shape {
                path,
                rate: spec.sample_rate,
                channels: spec.channels,
                bits: spec.bits_per_sample,
            });
        }
        if reader.len() == 0 || reader.len() > SAMPLES_MAX {
            return Err(SoundError::Length {
                path,
                seconds: reader.len() / SAMPLE_RATE,
            });
        }
        let samples = reader
            .samples::<i16>()
            .collect::<Result<Vec<_>, _>>()
            .map_err(wav)?;
        Ok(Self::from_samples(&samples))
    }

    /// Returns how many frames of 20 ms it lasts: at least one.
    pub fn frames(&self) -> usize {
        self.full[0].len() / FRAME_SAMPLES
    }

    /// Returns one frame of 160 codes, the first one when there is no such frame.
    pub(crate) fn frame(&self, law: Law, level: Level, index: usize) -> &[u8] {
        let laws = match level {
            Level::Full => &self.full,
            Level::NearSilent => &self.near_silent,
        };
        let codes = match law {
            Law::ALaw => &laws[0],
            Law::MuLaw => &laws[1],
        };
        codes
            .chunks_exact(FRAME_SAMPLES)
            .nth(index)
            .unwrap_or(&codes[..FRAME_SAMPLES])
    }
}

impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sound")
            .field("frames", &self.frames())
            .finish_non_exhaustive()
    }
}

/// All sounds of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Sounds(BTreeMap<SoundId, Arc<Sound>>);

impl Sounds {
    /// Adds a sound, or replaces the one of that id.
    pub fn insert(&mut self, id: SoundId, sound: Sound) {
        self.0.insert(id, Arc::new(sound));
    }

    /// Returns a sound.
    pub fn find(&self, id: SoundId) -> Option<&Arc<Sound>> {
        self.0.get(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(rate: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        for sample in samples {
            writer.write_sample(*sample).unwrap();
        }
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    fn read(bytes: &[u8]) -> Result<Sound, SoundError> {
        Sound::from_wav(Path::new("greeting.wav"), bytes)
    }

    #[test]
    fn last_frame_is_filled_up_with_silence() {
        let sound = read(&wav(8_000, 1, &[1_000; 161])).unwrap();

        assert_eq!(sound.frames(), 2);
        let frame = sound.frame(Law::MuLaw, Level::Full, 1);
        assert_eq!(frame[0], Law::MuLaw.encode(1_000));
        assert!(frame[1..].iter().all(|code| *code == Law::MuLaw.silence()));
    }

    #[test]
    fn near_silence_lies_36_db_below() {
        let sound = Sound::from_samples(&[20_000; 160]);

        let sample = Law::ALaw.decode(sound.frame(Law::ALaw, Level::NearSilent, 0)[0]);
        let decibels = 20.0 * (f64::from(sample) / 20_000.0).log10();
        assert!((-37.0..-35.0).contains(&decibels), "{decibels}");
    }

    #[test]
    fn another_shape_is_refused_by_name() {
        for (rate, channels) in [(44_100, 1), (8_000, 2)] {
            let error = read(&wav(rate, channels, &[0; 320])).unwrap_err();

            assert!(
                error.to_string().starts_with("sound greeting.wav has"),
                "{error}"
            );
        }
    }

    #[test]
    fn damaged_or_empty_files_are_refused_by_name() {
        let whole = wav(8_000, 1, &[5; 320]);
        for bytes in [
            &b"RIFF"[..],
            b"",
            &whole[..whole.len() - 7],
            &wav(8_000, 1, &[]),
        ] {
            let error = read(bytes).unwrap_err();

            assert!(error.to_string().contains("greeting.wav"), "{error}");
        }
    }
}
