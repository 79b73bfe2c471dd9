//! Sounds that peers play, and what is found again in their recordings.

mod correlation;
mod keys;

pub(crate) use keys::event as event_packet;

use std::f64::consts::TAU;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Samples a second of everything on the line.
pub(crate) const RATE: u32 = 8_000;
const BLOCK_SAMPLES: usize = 160;
const BLOCK_SECONDS: f64 = 0.02;
/// The share of a block's energy at one frequency above which the block is that tone. A-law leaves about 0.999.
const TONE_SHARE: f64 = 0.8;
/// Below this a block is silence, whatever its spectrum.
const SILENCE_DBFS: f64 = -55.0;
const TONE_SECONDS: u32 = 60;

/// Mono sound of 8 kHz, 16 bit.
#[derive(Clone)]
pub(crate) struct Sound {
    samples: Vec<i16>,
}

/// Where a template was found in a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Found {
    /// The share of the template's pieces that are there, 0 to 1.
    pub(crate) share: f64,
    /// Where the template starts in the recording, by its best piece.
    pub(crate) at_seconds: f64,
}

/// Whether a WAV file is as long as its header says: its writer has ended it.
pub(crate) fn is_ended(file: &Path) -> bool {
    let bytes = std::fs::read(file).unwrap_or_default();
    let told = bytes.get(4..8).and_then(|told| told.try_into().ok());
    told.is_some_and(|told| u32::from_le_bytes(told) as usize + 8 == bytes.len())
}

impl Found {
    /// Most of the template was found; a piece may be lost where a peer repaired a gap.
    pub(crate) fn is_there(&self) -> bool {
        self.share >= 0.6
    }
}

impl Sound {
    /// Reads a WAV file, also one whose header still lacks its length because its writer runs or was killed.
    #[track_caller]
    pub(crate) fn read(file: &Path) -> Self {
        let bytes =
            std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let Some(start) = bytes.windows(4).position(|word| word == b"data") else {
            return Self {
                samples: Vec::new(),
            };
        };
        let (channels, rate) = (
            u16::from_le_bytes([bytes[22], bytes[23]]),
            u32::from_le_bytes([bytes[24], bytes[25], bytes[26], bytes[27]]),
        );
        assert_eq!((channels, rate), (1, RATE), "{}", file.display());
        let samples = bytes[(start + 8).min(bytes.len())..].chunks_exact(2);
        Self {
            samples: samples
                .map(|sample| i16::from_le_bytes([sample[0], sample[1]]))
                .collect(),
        }
    }

    /// The file of `config/prompts/`, for example `cs/greeting.wav`.
    #[track_caller]
    pub(crate) fn prompt(name: &str) -> Self {
        Self::read(
            &Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../../config/prompts")
                .join(name),
        )
    }

    /// A pure tone of half the full amplitude.
    pub(crate) fn tone(hertz: u32, seconds: u32) -> Self {
        let sample =
            |n: u32| (TAU * f64::from(hertz) * f64::from(n) / f64::from(RATE)).sin() * 16_384.0;
        Self {
            samples: (0..seconds * RATE).map(|n| sample(n) as i16).collect(),
        }
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(RATE)
    }

    /// The part between two moments, as far as it is there.
    pub(crate) fn between(&self, from_seconds: f64, to_seconds: f64) -> Self {
        let index = |seconds: f64| ((seconds * f64::from(RATE)) as usize).min(self.samples.len());
        Self {
            samples: self.samples[index(from_seconds)..index(to_seconds)].to_vec(),
        }
    }

    /// Loudness of the whole; −∞ for digital silence or nothing.
    pub(crate) fn rms_dbfs(&self) -> f64 {
        rms_dbfs(&self.samples)
    }

    /// For how long the sound is this tone and nothing else, in blocks of 20 ms.
    pub(crate) fn seconds_of_tone(&self, hertz: u32) -> f64 {
        let is_tone = |block: &&[i16]| {
            rms_dbfs(block) > SILENCE_DBFS && tone_share(block, hertz) > TONE_SHARE
        };
        self.samples
            .chunks_exact(BLOCK_SAMPLES)
            .filter(is_tone)
            .count() as f64
            * BLOCK_SECONDS
    }

    /// For how long there is any sound above the silence of a telephone line.
    pub(crate) fn seconds_of_sound(&self) -> f64 {
        self.samples
            .chunks_exact(BLOCK_SAMPLES)
            .filter(|block| rms_dbfs(block) > SILENCE_DBFS)
            .count() as f64
            * BLOCK_SECONDS
    }

    /// Looks for a known sound, whatever its loudness, by correlation of its loudest pieces.
    pub(crate) fn find(&self, template: &Self) -> Found {
        correlation::find(&self.samples, &template.samples)
    }

    fn write_wav(&self, file: &Path) {
        let format = hound::WavSpec {
            channels: 1,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(file, format).unwrap();
        for &sample in &self.samples {
            writer.write_sample(sample).unwrap();
        }
        writer.finalize().unwrap();
    }
}

fn energy(samples: &[i16]) -> f64 {
    samples
        .iter()
        .map(|&sample| f64::from(sample).powi(2))
        .sum()
}

fn rms_dbfs(samples: &[i16]) -> f64 {
    10.0 * (energy(samples) / samples.len().max(1) as f64 / 32_768.0_f64.powi(2)).log10()
}

/// The share of the block's energy that lies at the frequency (Goertzel), 0 to 1.
fn tone_share(block: &[i16], hertz: u32) -> f64 {
    let turn = 2.0 * (TAU * f64::from(hertz) / f64::from(RATE)).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for &sample in block {
        (last, before) = (f64::from(sample) + turn * last - before, last);
    }
    let power = last * last + before * before - turn * last * before;
    2.0 * power / (block.len() as f64 * energy(block))
}

/// The file of a named sound for baresip: `tone-HERTZ.wav`, `silence.wav`, `speech-LANGUAGE.wav`.
#[track_caller]
pub(crate) fn wav(name: &str) -> PathBuf {
    made(name, |file| {
        let stem = name
            .strip_suffix(".wav")
            .unwrap_or_else(|| panic!("{name}: baresip plays WAV files"));
        match stem.split_once('-') {
            Some(("tone", hertz)) => {
                Sound::tone(hertz.parse().unwrap(), TONE_SECONDS).write_wav(file)
            }
            Some(("speech", language)) => speak(language, file),
            _ if stem == "silence" => Sound {
                samples: vec![0; (TONE_SECONDS * RATE) as usize],
            }
            .write_wav(file),
            _ => panic!("no sound is called {name}"),
        }
    })
}

/// The file of a named sound for SIPp: as for [`wav`], with the ending `.al` (A-law) or `.ul` (µ-law);
/// or of pressed keys, `keys-DIGITS.pcap`.
#[track_caller]
pub(crate) fn raw(name: &str) -> PathBuf {
    let (stem, ending) = name
        .split_once('.')
        .unwrap_or_else(|| panic!("{name}: SIPp plays .al, .ul and .pcap"));
    if let Some(keys) = stem.strip_prefix("keys-") {
        return made(name, |file| {
            std::fs::write(file, keys::capture(keys)).unwrap()
        });
    }
    let source = wav(&format!("{stem}.wav"));
    made(name, |file| {
        run(
            "sox",
            &[
                source.as_os_str(),
                "-t".as_ref(),
                ending.as_ref(),
                file.as_os_str(),
            ],
        )
    })
}

/// Half a minute of speech, as a voicemail or a person would say it.
fn speak(language: &str, file: &Path) {
    let words = match language {
        "cs" => {
            "Dobrý den, dovolali jste se do hlasové schránky. Zanechte prosím vzkaz po zaznění tónu, ozveme se vám zpátky."
        }
        "en" => {
            "Hello, you have reached the voicemail. Please leave a message after the tone and we will call you back."
        }
        "uk" => {
            "Добрий день, ви зателефонували на голосову пошту. Залиште, будь ласка, повідомлення після сигналу."
        }
        _ => panic!("no speech in {language}"),
    };
    let spoken = file.with_extension("spoken.wav");
    run(
        "espeak-ng",
        &["-v", language, "-w", &spoken.to_string_lossy(), words],
    );
    run(
        "sox",
        &[
            spoken.as_os_str(),
            "-r".as_ref(),
            "8000".as_ref(),
            "-c".as_ref(),
            "1".as_ref(),
            file.as_os_str(),
            "repeat".as_ref(),
            "4".as_ref(),
        ],
    );
    std::fs::remove_file(spoken).unwrap();
}

#[track_caller]
fn run(program: &str, arguments: &[impl AsRef<OsStr>]) {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| {
        panic!("starting {program}: {error} (cargo xtask test installs it)")
    });
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The file of that name in the build's folder for tests; made under another name first, since tests run side by side.
#[track_caller]
fn made(name: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sounds");
    let file = folder.join(name);
    if !file.is_file() {
        std::fs::create_dir_all(&folder).unwrap();
        let work = tempfile::tempdir_in(&folder).unwrap();
        let unfinished = work.path().join(name);
        make(&unfinished);
        std::fs::rename(unfinished, &file).unwrap();
    }
    file
}
