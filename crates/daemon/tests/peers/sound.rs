//! Sounds that peers play, and what is found again in their recordings.

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

impl Found {
    /// Most of the template was found; a piece may be lost where a peer repaired a gap.
    pub(crate) fn is_there(&self) -> bool {
        self.share >= 0.6
    }
}

impl Sound {
    /// Reads a WAV file, also one whose header was never finished because its writer still runs or was killed.
    #[track_caller]
    pub(crate) fn read(file: &Path) -> Self {
        let bytes =
            std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let samples = match hound::WavReader::new(bytes.as_slice()) {
            Ok(mut reader) => {
                let format = reader.spec();
                assert_eq!(
                    (format.sample_rate, format.channels),
                    (RATE, 1),
                    "{}",
                    file.display()
                );
                reader.samples::<i16>().map_while(Result::ok).collect()
            }
            Err(_) => Vec::new(),
        };
        Self { samples }
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

/// The file of a named sound for SIPp: as for [`wav`], with the ending `.al` (A-law) or `.ul` (µ-law).
#[track_caller]
pub(crate) fn raw(name: &str) -> PathBuf {
    let (stem, law) = name
        .split_once('.')
        .unwrap_or_else(|| panic!("{name}: SIPp plays .al and .ul"));
    let source = wav(&format!("{stem}.wav"));
    made(name, |file| {
        run(
            "sox",
            &[
                source.as_os_str(),
                "-t".as_ref(),
                law.as_ref(),
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

mod correlation {
    //! Normalised cross-correlation by FFT.

    use super::{Found, RATE, SILENCE_DBFS, energy, rms_dbfs};
    use std::f64::consts::TAU;

    /// Short enough that a lost or repaired packet spoils few of them.
    const PIECE_SAMPLES: usize = 3_200;
    const PIECES_MAX: usize = 5;
    /// Correlation above which a piece is there: G.711 and a mixed-in sound 12 dB below leave more than 0.9.
    const SAME: f64 = 0.75;

    pub(super) fn find(recording: &[i16], template: &[i16]) -> Found {
        let pieces = loudest_pieces(template);
        assert!(
            !pieces.is_empty(),
            "the template is silent or shorter than {PIECE_SAMPLES} samples"
        );
        let nothing = Found {
            share: 0.0,
            at_seconds: 0.0,
        };
        if recording.len() < PIECE_SAMPLES {
            return nothing;
        }
        let spectrum = Spectrum::of(
            recording,
            (recording.len() + PIECE_SAMPLES).next_power_of_two(),
        );
        let matches = pieces.iter().map(|&start| {
            (
                start,
                best_match(recording, &spectrum, &template[start..][..PIECE_SAMPLES]),
            )
        });
        let there: Vec<(usize, (f64, usize))> =
            matches.filter(|(_, (score, _))| *score >= SAME).collect();
        let best = there.iter().max_by(|a, b| a.1.0.total_cmp(&b.1.0));
        best.map_or(nothing, |&(start, (_, at))| Found {
            share: there.len() as f64 / pieces.len() as f64,
            at_seconds: (at as f64 - start as f64) / f64::from(RATE),
        })
    }

    fn loudest_pieces(template: &[i16]) -> Vec<usize> {
        let count = template.len() / PIECE_SAMPLES;
        let level = |start: usize| rms_dbfs(&template[start..][..PIECE_SAMPLES]);
        let mut starts: Vec<usize> = (0..count)
            .map(|piece| piece * PIECE_SAMPLES)
            .filter(|&start| level(start) > SILENCE_DBFS)
            .collect();
        starts.sort_by(|&a, &b| level(b).total_cmp(&level(a)));
        starts.truncate(PIECES_MAX);
        starts
    }

    /// The highest correlation, −1 to 1, and where it is.
    fn best_match(recording: &[i16], spectrum: &Spectrum, piece: &[i16]) -> (f64, usize) {
        let products = spectrum.correlate(piece);
        let own = energy(piece);
        // A window much softer than a telephone's noise would correlate by chance.
        let floor = 32_768.0_f64.powi(2) * 10.0_f64.powf(SILENCE_DBFS / 10.0) * piece.len() as f64;
        let mut window = energy(&recording[..piece.len()]);
        let mut best = (0.0, 0);
        for at in 0..=recording.len() - piece.len() {
            if window > floor && products[at] / (window * own).sqrt() > best.0 {
                best = (products[at] / (window * own).sqrt(), at);
            }
            if let Some(&next) = recording.get(at + piece.len()) {
                window += f64::from(next).powi(2) - f64::from(recording[at]).powi(2);
            }
        }
        best
    }

    #[derive(Clone, Copy)]
    struct Complex {
        re: f64,
        im: f64,
    }

    struct Spectrum(Vec<Complex>);

    impl Spectrum {
        fn of(samples: &[i16], size: usize) -> Self {
            let mut values = vec![Complex { re: 0.0, im: 0.0 }; size];
            for (value, &sample) in values.iter_mut().zip(samples) {
                value.re = f64::from(sample);
            }
            transform(&mut values);
            Self(values)
        }

        /// The sum of products with `piece` at every shift.
        fn correlate(&self, piece: &[i16]) -> Vec<f64> {
            let size = self.0.len();
            let other = Self::of(piece, size);
            // conj(a·conj(b)): a second forward transform of the conjugate is the inverse one.
            let product = |(a, b): (&Complex, &Complex)| Complex {
                re: a.re * b.re + a.im * b.im,
                im: a.re * b.im - a.im * b.re,
            };
            let mut values: Vec<Complex> = self.0.iter().zip(&other.0).map(product).collect();
            transform(&mut values);
            values.iter().map(|value| value.re / size as f64).collect()
        }
    }

    /// The radix-2 fast Fourier transform, in place; the length is a power of two.
    fn transform(values: &mut [Complex]) {
        let size = values.len();
        for index in 0..size {
            let mirror = index.reverse_bits() >> (usize::BITS - size.trailing_zeros());
            if index < mirror {
                values.swap(index, mirror);
            }
        }
        let mut half = 1;
        while half < size {
            let roots: Vec<Complex> = (0..half).map(|k| root(k, half)).collect();
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                for ((a, b), w) in low.iter_mut().zip(high).zip(&roots) {
                    let turned = Complex {
                        re: b.re * w.re - b.im * w.im,
                        im: b.re * w.im + b.im * w.re,
                    };
                    (*b, *a) = (
                        Complex {
                            re: a.re - turned.re,
                            im: a.im - turned.im,
                        },
                        Complex {
                            re: a.re + turned.re,
                            im: a.im + turned.im,
                        },
                    );
                }
            }
            half *= 2;
        }
    }

    fn root(k: usize, half: usize) -> Complex {
        let angle = -TAU * k as f64 / (2 * half) as f64;
        Complex {
            re: angle.cos(),
            im: angle.sin(),
        }
    }
}
