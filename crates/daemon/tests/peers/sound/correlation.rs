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
