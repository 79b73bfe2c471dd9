//! `cargo xtask prompts`: synthetic speech and the waiting sound, as 8 kHz mono 16-bit WAV files.

use crate::packages::{ESPEAK, SOX, ensure};
use crate::shell;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const SPEECH_RMS_DBFS: f64 = -20.0;
/// Soft enough to listen to for an hour, loud enough to tell that the line is alive.
const WAITING_RMS_DBFS: f64 = -32.0;
const PEAK_MAX_DBFS: f64 = -0.5;
const WAITING_SECONDS: u32 = 24;
/// Slower than espeak's 175: the listener may be frightened, or no native speaker.
const WORDS_PER_MINUTE: &str = "145";
/// The waiting sound: hertz, and swells in the whole loop. Every tone and swell fits the loop a whole number of times,
/// so that it has no seam; no tone is near one of DTMF (697 to 1,633 Hz) or of call progress (425 Hz).
const WAITING_TONES: [(u32, u32); 4] = [(196, 2), (294, 3), (392, 5), (494, 4)];

#[derive(Deserialize)]
struct Texts {
    prompt: Vec<Prompt>,
}

#[derive(Deserialize)]
struct Prompt {
    id: String,
    recorded: bool,
    text: BTreeMap<String, String>,
}

/// Speaks every prompt that no person has recorded, and makes the waiting sound.
pub(crate) fn run() -> Result<ExitCode> {
    ensure(&[ESPEAK, SOX])?;
    let folder = shell::root().join("config/prompts");
    let file = folder.join("prompts.toml");
    let text =
        std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let texts: Texts =
        toml::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
    let work = shell::target().join("prompts");
    std::fs::create_dir_all(&work).with_context(|| format!("creating {}", work.display()))?;
    for prompt in &texts.prompt {
        if prompt.recorded {
            println!("{}: recorded by a person, left alone", prompt.id);
            continue;
        }
        for (language, words) in &prompt.text {
            let out = folder.join(language).join(format!("{}.wav", prompt.id));
            speak(&work, language, words, &out)
                .with_context(|| format!("prompt {} in {language}", prompt.id))?;
        }
    }
    waiting_sound(&work, &folder.join("waiting.wav")).context("the waiting sound")?;
    Ok(ExitCode::SUCCESS)
}

fn speak(work: &Path, language: &str, words: &str, out: &Path) -> Result<()> {
    let (raw, band) = (work.join("raw.wav"), work.join("band.wav"));
    shell::output(
        shell::command("espeak-ng")
            .args(["-v", language, "-s", WORDS_PER_MINUTE, "-g", "2", "-w"])
            .arg(&raw)
            .arg(words),
    )?;
    let telephone = ["rate", "-v", "8000", "highpass", "180", "lowpass", "3500"];
    let trim = [
        "silence", "1", "0.01", "0.3%", "reverse", "silence", "1", "0.01", "0.3%", "reverse",
        "pad", "0.1", "0.2",
    ];
    sox(
        [&raw].as_slice(),
        &band,
        &[telephone.as_slice(), &trim].concat(),
    )?;
    levelled(&band, out, SPEECH_RMS_DBFS)
}

fn waiting_sound(work: &Path, out: &Path) -> Result<()> {
    let mut voices = Vec::new();
    for (hertz, swells) in WAITING_TONES {
        let voice = work.join(format!("voice-{hertz}.wav"));
        let swell_hertz = f64::from(swells) / f64::from(WAITING_SECONDS);
        let script = format!(
            "-n -r 8000 -c 1 -b 16 {} synth {WAITING_SECONDS} sine {hertz} synth {WAITING_SECONDS} sine amod {swell_hertz} vol 0.2",
            voice.display()
        );
        shell::output(shell::command("sox").args(script.split(' ')))?;
        voices.push(voice);
    }
    let mixed = work.join("mixed.wav");
    shell::output(shell::command("sox").arg("-m").args(&voices).arg(&mixed))?;
    levelled(&mixed, out, WAITING_RMS_DBFS)
}

/// Writes `from` to `to` at the wanted loudness, its highest peaks held below full scale, and checks the result.
fn levelled(from: &Path, to: &Path, rms_dbfs: f64) -> Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("creating {}", folder.display()))?;
    }
    let gain = format!("{:.2}", rms_dbfs - Levels::of(from)?.rms_dbfs);
    let limiter = [
        "compand",
        "0.002,0.05",
        "6:-90,-90,-9,-9,0,-3",
        "0",
        "-90",
        "0.002",
    ];
    sox(
        &[&from.to_path_buf()],
        to,
        &[["gain", &gain].as_slice(), &limiter].concat(),
    )?;
    let levels = Levels::of(to)?;
    println!(
        "{}: {:.1} s, rms {:.1} dBFS, peak {:.1} dBFS",
        to.display(),
        levels.seconds,
        levels.rms_dbfs,
        levels.peak_dbfs
    );
    if (levels.rms_dbfs - rms_dbfs).abs() > 2.0 || levels.peak_dbfs > PEAK_MAX_DBFS {
        bail!(
            "rms {:.1} dBFS, peak {:.1} dBFS: too soft, too loud or clipped",
            levels.rms_dbfs,
            levels.peak_dbfs
        );
    }
    Ok(())
}

fn sox(from: &[&PathBuf], to: &Path, effects: &[&str]) -> Result<()> {
    // No dither: the same text must give the same file on every machine.
    shell::output(
        shell::command("sox")
            .arg("-D")
            .args(from)
            .args(["-c", "1", "-b", "16"])
            .arg(to)
            .args(effects),
    )
    .map(drop)
}

struct Levels {
    rms_dbfs: f64,
    peak_dbfs: f64,
    seconds: f64,
}

impl Levels {
    fn of(file: &Path) -> Result<Self> {
        Self::parse(&shell::output(
            shell::command("sox").arg(file).args(["-n", "stats"]),
        )?)
    }

    fn parse(stats: &str) -> Result<Self> {
        let figure = |name: &str| {
            let line = stats.lines().find_map(|line| line.strip_prefix(name));
            let value = line.and_then(|rest| rest.trim().parse().ok());
            value.with_context(|| format!("sox measured no {name}: {stats}"))
        };
        Ok(Self {
            rms_dbfs: figure("RMS lev dB")?,
            peak_dbfs: figure("Pk lev dB")?,
            seconds: figure("Length s")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_from_what_sox_prints() {
        let stats = "DC offset   0.000572\nPk lev dB      -1.52\nRMS lev dB    -21.60\nLength s       3.225\n";

        let levels = Levels::parse(stats).unwrap();

        assert_eq!(
            (levels.peak_dbfs, levels.rms_dbfs, levels.seconds),
            (-1.52, -21.6, 3.225)
        );
    }

    #[test]
    fn silence_is_refused_because_sox_measures_no_level_in_it() {
        assert!(
            Levels::parse("Pk lev dB       -inf\nRMS lev dB      -inf\nLength s       1.0\n")
                .unwrap()
                .rms_dbfs
                .is_infinite()
        );
        assert!(Levels::parse("").is_err());
    }

    #[test]
    fn every_prompt_has_a_text_in_each_language() {
        let texts: Texts =
            toml::from_str(include_str!("../../../config/prompts/prompts.toml")).unwrap();

        for prompt in &texts.prompt {
            let languages: Vec<&str> = prompt.text.keys().map(String::as_str).collect();
            assert_eq!(languages, ["cs", "en", "uk"], "prompt {}", prompt.id);
        }
    }
}
