//! Keys as dual tones in the sound itself (ITU-T Q.23, Q.24), for streams without telephone-event.
//!
//! A key is a dual tone that stands alone: it begins and ends in quiet, where quiet is 10 dB below the tone itself. A
//! voice nearly always speaks before and after the instant in which it resembles a tone; so it dials nothing.

use crate::format::Law;
use crate::order::Digit;
use crate::sound::FRAME_SAMPLES;

/// Samples in a block; bins are 50 Hz wide.
const BLOCK: usize = FRAME_SAMPLES;
const HALF: usize = BLOCK / 2;

/// The four rows and four columns, 697 to 941 and 1209 to 1633 Hz (ITU-T Q.23): twice the cosine of each tone's
/// step in a sample, as Goertzel's recurrence needs it.
const COEFFICIENTS: [f32; 8] = [
    1.7077378, 1.645281, 1.568687, 1.4782046, 1.164104, 0.9963702, 0.7986184, 0.5685327,
];
/// The event code of each row and column.
const KEYS: [[u8; 4]; 4] = [[1, 2, 3, 12], [4, 5, 6, 13], [7, 8, 9, 14], [10, 0, 11, 15]];

/// The share of a block's energy that its two strongest tones must have. A tone of 50 ms that is 1.5 % off keeps more.
const SHARE: f32 = 0.55;
/// How much stronger the column may be, as a ratio of powers: 4 dB, and 4 dB that mistuning takes from the row.
const COLUMN_OVER_ROW: f32 = 6.31;
/// How much stronger the row may be: 8 dB, and 4 dB that mistuning takes from the column.
const ROW_OVER_COLUMN: f32 = 15.85;
/// How far the strongest of a group stands above the others: 6 dB.
const ABOVE_OTHERS: f32 = 4.0;
/// Quiet around a tone, as a ratio of energies: 10 dB.
const QUIET: f32 = 10.0;
/// Blocks below this mean square, about −34 dBm0, hold no tone.
const FAINT: f32 = 100_000.0;
/// Blocks after which a tone is a key that is held: voices keep none for 100 ms.
const HELD: u32 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    /// A block is this tone.
    Tone {
        digit: Digit,
        /// Blocks so far.
        blocks: u32,
        /// The block across the first two is this tone as well.
        confirmed: bool,
    },
    /// The tone is over; the block after decides.
    Over(Digit),
    /// It was told, and sounds still.
    Told(Digit),
}

/// Hears dual tones in the sound of one stream.
pub(crate) struct Detector {
    block: [i16; BLOCK],
    filled: usize,
    before: [i16; BLOCK],
    /// Energies of the two blocks before.
    energies: [f32; 2],
    /// Energy of the tone that is heard.
    tone: f32,
    state: State,
}

impl Detector {
    pub(crate) fn new() -> Self {
        Self {
            block: [0; BLOCK],
            filled: 0,
            before: [0; BLOCK],
            energies: [0.0; 2],
            tone: 0.0,
            state: State::Idle,
        }
    }

    /// Takes the sound of a packet, and returns the key that is certain by its end.
    pub(crate) fn hear(&mut self, law: Law, mut codes: &[u8]) -> Option<Digit> {
        let mut heard = None;
        while !codes.is_empty() {
            if self.filled == 0 && codes.len() >= BLOCK && self.passes_by(law, &codes[..BLOCK]) {
                codes = &codes[BLOCK..];
                continue;
            }
            let (taken, rest) = codes.split_at(codes.len().min(BLOCK - self.filled));
            let samples = law.samples();
            for (sample, code) in self.block[self.filled..].iter_mut().zip(taken) {
                *sample = samples[usize::from(*code)];
            }
            self.filled += taken.len();
            codes = rest;
            if self.filled == BLOCK {
                self.filled = 0;
                heard = self.judge_block().or(heard);
            }
        }
        heard
    }

    /// Judges a whole block by every fourth code: most of what a waiting caller sends is too faint for a tone.
    fn passes_by(&mut self, law: Law, codes: &[u8]) -> bool {
        if self.state != State::Idle {
            return false;
        }
        let samples = law.samples();
        let sum: i64 = codes
            .iter()
            .step_by(4)
            .map(|code| i64::from(samples[usize::from(*code)]))
            .map(|s| s * s)
            .sum();
        let energy = sum as f32 * 4.0;
        // Half of what is faint: the estimate may err by 3 dB.
        if energy > FAINT * BLOCK as f32 / 2.0 {
            return false;
        }
        self.energies = [self.energies[1], energy];
        true
    }

    fn judge_block(&mut self) -> Option<Digit> {
        let energy = energy(&self.block);
        let digit = if self.may_be_tone(energy) {
            digit_in(&self.block, energy)
        } else {
            None
        };
        let heard = self.advance(energy, digit);
        if digit.is_some() {
            self.before = self.block;
        }
        self.energies = [self.energies[1], energy];
        heard
    }

    /// Tells whether a tone in this block would mean anything: in the midst of a voice it would not.
    fn may_be_tone(&self, energy: f32) -> bool {
        let begins = self.energies[0] * QUIET <= energy;
        let matters = match self.state {
            State::Idle => begins,
            State::Tone { .. } | State::Told(_) => true,
            State::Over(_) => false,
        };
        matters && energy >= FAINT * BLOCK as f32
    }

    fn advance(&mut self, energy: f32, digit: Option<Digit>) -> Option<Digit> {
        match (self.state, digit) {
            (State::Idle, Some(digit)) => {
                self.tone = energy;
                self.state = State::Tone {
                    digit,
                    blocks: 1,
                    confirmed: false,
                };
                None
            }
            (State::Idle, None) => None,
            (
                State::Tone {
                    digit,
                    blocks,
                    confirmed,
                },
                now,
            ) => {
                self.tone = self.tone.max(energy);
                self.go_on(
                    digit,
                    blocks,
                    confirmed || self.spans(digit),
                    now == Some(digit),
                    energy,
                )
            }
            (State::Over(digit), _) => {
                self.state = State::Idle;
                (energy * QUIET <= self.tone).then_some(digit)
            }
            (State::Told(digit), now) => {
                if now != Some(digit) {
                    self.state = State::Idle;
                }
                None
            }
        }
    }

    fn go_on(
        &mut self,
        digit: Digit,
        blocks: u32,
        confirmed: bool,
        still: bool,
        energy: f32,
    ) -> Option<Digit> {
        let (state, heard) = match (confirmed, still) {
            (false, _) => (State::Idle, None),
            (true, true) if blocks + 1 >= HELD => (State::Told(digit), Some(digit)),
            (true, true) => (
                State::Tone {
                    digit,
                    blocks: blocks + 1,
                    confirmed,
                },
                None,
            ),
            (true, false) if energy * QUIET <= self.tone => (State::Idle, Some(digit)),
            (true, false) => (State::Over(digit), None),
        };
        self.state = state;
        heard
    }

    /// Tells whether the block that lies across the one before and this one is the tone as well.
    fn spans(&self, digit: Digit) -> bool {
        let mut across = [0; BLOCK];
        across[..HALF].copy_from_slice(&self.before[HALF..]);
        across[HALF..].copy_from_slice(&self.block[..HALF]);
        digit_in(&across, energy(&across)) == Some(digit)
    }
}

fn energy(block: &[i16; BLOCK]) -> f32 {
    block
        .iter()
        .map(|sample| f32::from(*sample))
        .map(|sample| sample * sample)
        .sum()
}

/// Returns the key whose two tones make up a block.
fn digit_in(block: &[i16; BLOCK], energy: f32) -> Option<Digit> {
    let powers = powers(block);
    let (row, low) = strongest([powers[0], powers[1], powers[2], powers[3]])?;
    let (column, high) = strongest([powers[4], powers[5], powers[6], powers[7]])?;
    let share = (low + high) * 2.0 / (BLOCK as f32 * energy);
    let twisted = high > low * COLUMN_OVER_ROW || low > high * ROW_OVER_COLUMN;
    if share < SHARE || twisted {
        None
    } else {
        Digit::from_event(KEYS[row][column])
    }
}

/// Returns the strongest of a group, if it stands out.
fn strongest(powers: [f32; 4]) -> Option<(usize, f32)> {
    let (best, power) = powers
        .into_iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    let alone = powers
        .iter()
        .enumerate()
        .all(|(index, other)| index == best || other * ABOVE_OTHERS <= power);
    alone.then_some((best, power))
}

/// The power of each tone in a block, by Goertzel's recurrence, all eight at once.
fn powers(block: &[i16; BLOCK]) -> [f32; 8] {
    let (mut last, mut before) = ([0.0_f32; 8], [0.0_f32; 8]);
    for sample in block {
        let sample = f32::from(*sample);
        for tone in 0..8 {
            let next = COEFFICIENTS[tone] * last[tone] + (sample - before[tone]);
            before[tone] = last[tone];
            last[tone] = next;
        }
    }
    std::array::from_fn(|tone| {
        last[tone] * last[tone] + before[tone] * before[tone]
            - COEFFICIENTS[tone] * last[tone] * before[tone]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
    const COLUMNS: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
    const RATE: f64 = 8_000.0;

    /// Full scale of a sine at 0 dBm0 is 3.14 dB below the largest sample.
    const ZERO_DBM0: f64 = 22_378.0;

    struct Press {
        digit: Digit,
        samples: usize,
        detune: f64,
        /// Levels of row and column in dBm0.
        levels: (f64, f64),
    }

    fn press(key: char) -> Press {
        Press {
            digit: Digit::from_char(key).unwrap(),
            samples: 400,
            detune: 0.0,
            levels: (-8.0, -8.0),
        }
    }

    fn sine(frequency: f64, level: f64, sample: usize) -> f64 {
        let amplitude = ZERO_DBM0 * 10_f64.powf(level / 20.0);
        amplitude * (std::f64::consts::TAU * frequency * sample as f64 / RATE).sin()
    }

    fn sound(press: &Press) -> Vec<f64> {
        let place = KEYS
            .iter()
            .flatten()
            .position(|code| *code == press.digit.event())
            .unwrap();
        let (row, column) = (
            ROWS[place / 4] * (1.0 + press.detune),
            COLUMNS[place % 4] * (1.0 + press.detune),
        );
        let at = |n| sine(row, press.levels.0, n) + sine(column, press.levels.1, n);
        (0..press.samples).map(at).collect()
    }

    fn heard_in(law: Law, samples: &[f64], packet: usize) -> String {
        let codes: Vec<u8> = samples
            .iter()
            .map(|s| law.encode(s.clamp(-32_768.0, 32_767.0) as i16))
            .collect();
        let mut detector = Detector::new();
        codes
            .chunks(packet)
            .filter_map(|chunk| detector.hear(law, chunk))
            .map(Digit::as_char)
            .collect()
    }

    /// Presses a key after some silence, for each of many positions against the blocks; tells how often it was heard.
    fn heard_at_all_offsets(press: &Press) -> usize {
        let tone = sound(press);
        let expected = press.digit.as_char().to_string();
        let offsets = (0..160).step_by(8);
        let at = |offset: usize| [&vec![0.0; 320 + offset][..], &tone, &[0.0; 640]].concat();
        offsets
            .filter(|offset| heard_in(Law::ALaw, &at(*offset), 160) == expected)
            .count()
    }

    #[test]
    fn coefficients_are_those_of_the_tones() {
        for (frequency, coefficient) in ROWS.into_iter().chain(COLUMNS).zip(COEFFICIENTS) {
            assert!(
                (2.0 * (std::f64::consts::TAU * frequency / RATE).cos() - f64::from(coefficient))
                    .abs()
                    < 1e-6
            );
        }
    }

    #[test]
    fn every_key_of_50_ms_is_heard_once_at_any_offset_and_one_and_a_half_percent_off() {
        for key in "0123456789*#ABCD".chars() {
            for detune in [-0.015, 0.0, 0.015] {
                assert_eq!(
                    heard_at_all_offsets(&Press {
                        detune,
                        ..press(key)
                    }),
                    20,
                    "{key} {detune}"
                );
            }
        }
    }

    #[test]
    fn tones_three_and_a_half_percent_off_are_refused() {
        for key in "0123456789*#ABCD".chars() {
            for detune in [-0.035, 0.035] {
                assert_eq!(
                    heard_at_all_offsets(&Press {
                        detune,
                        ..press(key)
                    }),
                    0,
                    "{key} {detune}"
                );
            }
        }
    }

    #[test]
    fn twist_is_allowed_from_8_db_under_to_4_db_over() {
        for key in "0123456789*#ABCD".chars() {
            for (levels, found) in [
                ((-4.0, -12.0), 20),
                ((-10.0, -6.0), 20),
                ((-3.0, -19.0), 0),
                ((-19.0, -3.0), 0),
            ] {
                assert_eq!(
                    heard_at_all_offsets(&Press {
                        levels,
                        ..press(key)
                    }),
                    found,
                    "{key} {levels:?}"
                );
            }
        }
    }

    #[test]
    fn faint_tones_down_to_minus_27_dbm0_are_heard() {
        assert_eq!(
            heard_at_all_offsets(&Press {
                levels: (-27.0, -27.0),
                ..press('5')
            }),
            20
        );
    }

    #[test]
    fn two_presses_with_40_ms_between_are_two() {
        let (tone, gap) = (sound(&press('5')), [0.0; 320]);
        for offset in (0..160).step_by(8) {
            let samples = [
                &vec![0.0; 320 + offset][..],
                &tone,
                &gap,
                &tone,
                &[0.0; 640],
            ]
            .concat();

            assert_eq!(heard_in(Law::MuLaw, &samples, 160), "55", "{offset}");
        }
    }

    #[test]
    fn a_held_key_is_one_digit() {
        let tone = sound(&Press {
            samples: 24_000,
            ..press('5')
        });

        assert_eq!(
            heard_in(
                Law::ALaw,
                &[&[0.0; 333][..], &tone, &[0.0; 640]].concat(),
                160
            ),
            "5"
        );
    }

    #[test]
    fn packets_of_any_length_are_understood() {
        let samples = [&[0.0; 1_000][..], &sound(&press('9')), &[0.0; 1_000]].concat();
        for packet in [1, 80, 160, 240, 480, 1_111] {
            assert_eq!(heard_in(Law::MuLaw, &samples, packet), "9", "{packet}");
        }
    }

    #[test]
    fn a_tone_within_a_voice_is_none() {
        let voice = |n: usize| {
            (1..8)
                .map(|h| sine(f64::from(h) * 190.0, -18.0, n))
                .sum::<f64>()
        };
        let mut samples: Vec<f64> = (0..8_000).map(voice).collect();
        for (n, sample) in sound(&press('5')).into_iter().enumerate() {
            samples[4_000 + n] = sample;
        }

        assert_eq!(heard_in(Law::ALaw, &samples, 160), "");
    }
}
