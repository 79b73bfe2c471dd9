//! No voice dials: a quarter of an hour of speech in three languages, shouting, and waiting sounds hold no key.
//!
//! The speech is made by espeak-ng, which the project's test command installs; without it, that test fails.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::disallowed_methods)]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use common::{Desk, FRAME, Phone, alaw};
use media::{Event, Law};

const CZECH: &str = "Dobrý den, dovolali jste se na linku. Právě teď hovoříme s někým jiným, prosím vydržte. \
    Muž přišel domů pozdě a křičel na celý dům. Děti už spaly a já jsem nevěděla, kam mám jít. \
    Příliš žluťoučký kůň úpěl ďábelské ódy. Tři sta třicet tři stříbrných stříkaček stříkalo přes střechy. \
    Nemůžu mluvit nahlas, je vedle v pokoji. Potřebuji vědět, co mám dělat zítra ráno. Haló, slyšíte mě? \
    Osm set šedesát padesát osmdesát. Jmenuji se Marie, bydlím v Brně a volám kvůli sestře. ";
const ENGLISH: &str = "Hello, is anybody there? He took my phone and my keys and would not let me out of the house. \
    I do not know where to go with the children tonight. Please stay on the line, somebody will be with you soon. \
    She sells sea shells by the sea shore. The quick brown fox jumps over the lazy dog. \
    No, no, no, I told you not to come here! Five, five, two, eight, nine, zero. Leave me alone! \
    We were married for eleven years and it was never like this before. Who are you calling? Give me that! ";
const UKRAINIAN: &str = "Добрий день, ви зателефонували на лінію. Зачекайте, будь ласка, вам скоро відповідять. \
    Він прийшов додому пізно і кричав так, що чули всі сусіди. Я не знаю, куди мені йти з дітьми сьогодні вночі. \
    Щастям б'єш жук їх глицю в фон й ґедзь пріч. П'ять, п'ять, сім, вісім, дев'ять, нуль. \
    Мене звати Оксана, я живу у Празі вже два роки. Чи може хтось говорити українською? Алло, ви мене чуєте? ";

/// Voices, as espeak-ng names them, pitch and words a minute: women, men, slow, fast, whispering.
const MANNERS: [(&str, &str, &str); 6] = [
    ("+f3", "60", "160"),
    ("+m3", "35", "150"),
    ("+f4", "85", "190"),
    ("+m7", "20", "130"),
    ("+f5", "99", "175"),
    ("+whisper", "50", "140"),
];

/// How much of each language is listened to, in samples: five minutes.
const SAMPLES: usize = 5 * 60 * 8_000;

/// Speech at 8 kHz; none without espeak-ng.
fn speech(language: &str, text: &str) -> Option<Vec<f32>> {
    let mut samples = Vec::with_capacity(SAMPLES);
    for (voice, pitch, speed) in MANNERS.iter().cycle() {
        let voice = format!("{language}{voice}");
        let arguments = ["--stdout", "-v", &voice, "-p", pitch, "-s", speed, text];
        let wav = Command::new("espeak-ng")
            .args(arguments)
            .stderr(Stdio::null())
            .output()
            .ok()?
            .stdout;
        assert!(wav.len() > 100_000, "espeak-ng speaks {voice}");
        samples.extend(at_8_khz(&wav));
        if samples.len() >= SAMPLES {
            return Some(samples);
        }
    }
    None
}

/// Takes the samples out of a WAV of 22,050 Hz and resamples them by a windowed sinc.
fn at_8_khz(wav: &[u8]) -> Vec<f32> {
    let samples: Vec<f32> = wav[44..]
        .chunks_exact(2)
        .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])))
        .collect();
    const TAPS: isize = 24;
    let ratio = 22_050.0 / 8_000.0_f32;
    let length = (samples.len() as f32 / ratio) as usize;
    let at = |n: usize| {
        let centre = n as f32 * ratio;
        (-TAPS..=TAPS)
            .map(|tap| {
                let index = centre as isize + tap;
                let distance = index as f32 - centre;
                let x = std::f32::consts::PI * distance / ratio;
                let sinc = if x.abs() < 1e-3 { 1.0 } else { x.sin() / x };
                let window =
                    0.5 + 0.5 * (std::f32::consts::PI * distance / (TAPS as f32 + 1.0)).cos();
                let sample = usize::try_from(index)
                    .ok()
                    .and_then(|index| samples.get(index))
                    .copied()
                    .unwrap_or(0.0);
                sample * sinc * window / ratio
            })
            .sum()
    };
    (0..length).map(at).collect()
}

/// The keys that an engine hears in what a waiting caller says.
fn keys_in(samples: &[f32], gain: f32) -> String {
    let mut desk = Desk::new();
    let mut phone = desk.phone(1, alaw());
    for frame in samples.chunks_exact(160) {
        say(&mut desk, &mut phone, frame, gain);
    }
    desk.events.iter().filter_map(key_of).collect()
}

fn say(desk: &mut Desk, phone: &mut Phone, frame: &[f32], gain: f32) {
    let code = |sample: &f32| Law::ALaw.encode((sample * gain).clamp(-32_768.0, 32_767.0) as i16);
    let bytes = phone.packet(8, frame.iter().map(code).collect(), 160);
    desk.now += FRAME;
    desk.hear(phone, &bytes);
}

fn key_of(event: &Event) -> Option<char> {
    match event {
        Event::Digit { digit, .. } => Some(digit.as_char()),
        Event::Heard { .. }
        | Event::LastHeard { .. }
        | Event::Finished { .. }
        | Event::DigitsSent { .. }
        | Event::Closed { .. }
        | Event::PortReady(_)
        | Event::Refused { .. } => None,
    }
}

#[test]
fn a_quarter_of_an_hour_of_speech_and_shouting_dials_nothing() {
    let speakers = [("cs", CZECH), ("en", ENGLISH), ("uk", UKRAINIAN)]
        .map(|(language, text)| (language, thread::spawn(move || speech(language, text))));
    for (language, speaker) in speakers {
        let samples = speaker
            .join()
            .unwrap()
            .expect("espeak-ng speaks: `cargo xtask test` installs it");
        // As it is spoken, and so loud that it is clipped.
        for gain in [1.0, 8.0] {
            assert_eq!(keys_in(&samples, gain), "", "{language}, gain {gain}");
        }
    }
}

/// A calm sound of slow chords, as waiting sounds are.
fn chords() -> Vec<f32> {
    const CHORDS: [[f32; 4]; 4] = [
        [220.0, 277.2, 329.6, 440.0],
        [196.0, 246.9, 293.7, 392.0],
        [174.6, 220.0, 261.6, 349.2],
        [659.3, 784.0, 987.8, 1_318.5],
    ];
    let sample = |n: usize| {
        let (chord, within) = (CHORDS[n / 16_000 % 4], (n % 16_000) as f32 / 16_000.0);
        let swell = (std::f32::consts::PI * within).sin();
        chord
            .iter()
            .map(|tone| (std::f32::consts::TAU * tone * n as f32 / 8_000.0).sin())
            .sum::<f32>()
            * swell
            * 4_000.0
    };
    (0..8_000 * 60).map(sample).collect()
}

#[test]
fn waiting_sounds_dial_nothing_when_a_loudspeaker_sends_them_back() {
    assert_eq!(keys_in(&chords(), 1.0), "");
    for wav in prompts(Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../config/prompts"
    ))) {
        let samples = hound::WavReader::open(&wav).unwrap().into_samples::<i16>();
        let samples: Vec<f32> = samples.map(|sample| f32::from(sample.unwrap())).collect();

        assert_eq!(keys_in(&samples, 1.0), "", "{}", wav.display());
    }
}

fn prompts(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let wavs = files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "wav"));
    wavs.chain(folders.iter().flat_map(|folder| prompts(folder)))
        .collect()
}

#[test]
fn the_same_caller_is_heard_when_she_presses_a_key() {
    let tone = |n: usize, frequency: f32| {
        (std::f32::consts::TAU * frequency * n as f32 / 8_000.0).sin() * 6_000.0
    };
    let press: Vec<f32> = (0..800)
        .map(|n| tone(n, 770.0) + tone(n, 1_336.0))
        .collect();
    let samples = [
        &chords()[..8_000],
        &[0.0; 800],
        &press,
        &[0.0; 800],
        &press,
        &[0.0; 800],
    ]
    .concat();

    assert_eq!(keys_in(&samples, 1.0), "55");
}
