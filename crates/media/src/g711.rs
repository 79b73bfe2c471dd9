//! G.711 by ITU-T G.191: sixteen bits to eight and back, and from one law to the other.
//!
//! Codes are those of the wire: A-law with its even bits inverted, µ-law with all bits inverted.

use crate::format::Law;

impl Law {
    /// Encodes a sample of 16 bits, as `alaw_compress` and `ulaw_compress` of ITU-T G.191 do.
    pub const fn encode(self, sample: i16) -> u8 {
        match self {
            Self::ALaw => encode_alaw(sample),
            Self::MuLaw => encode_ulaw(sample),
        }
    }

    /// Decodes a code to a sample of 16 bits, as `alaw_expand` and `ulaw_expand` of ITU-T G.191 do.
    pub const fn decode(self, code: u8) -> i16 {
        self.samples()[code as usize]
    }

    /// Returns the sample of each of the 256 codes.
    pub const fn samples(self) -> &'static [i16; 256] {
        match self {
            Self::ALaw => &ALAW_SAMPLES,
            Self::MuLaw => &ULAW_SAMPLES,
        }
    }

    /// Returns the code of this law for each code of the other.
    pub const fn from_other(self) -> &'static [u8; 256] {
        match self {
            Self::ALaw => &ALAW_FROM_ULAW,
            Self::MuLaw => &ULAW_FROM_ALAW,
        }
    }

    /// Translates codes of the other law in place.
    pub fn translate_from_other(self, codes: &mut [u8]) {
        let table = self.from_other();
        for code in codes {
            *code = table[*code as usize];
        }
    }
}

static ALAW_SAMPLES: [i16; 256] = samples(Law::ALaw);
static ULAW_SAMPLES: [i16; 256] = samples(Law::MuLaw);
static ALAW_FROM_ULAW: [u8; 256] = translation(Law::MuLaw, Law::ALaw);
static ULAW_FROM_ALAW: [u8; 256] = translation(Law::ALaw, Law::MuLaw);

const fn samples(law: Law) -> [i16; 256] {
    let mut samples = [0; 256];
    let mut code = 0;
    while code < 256 {
        samples[code] = match law {
            Law::ALaw => decode_alaw(code as u8),
            Law::MuLaw => decode_ulaw(code as u8),
        };
        code += 1;
    }
    samples
}

const fn translation(from: Law, to: Law) -> [u8; 256] {
    let samples = samples(from);
    let mut codes = [0; 256];
    let mut code = 0;
    while code < 256 {
        codes[code] = to.encode(samples[code]);
        code += 1;
    }
    codes
}

/// Twelve bits of magnitude (one's complement for negative samples), 16 steps in each of 8 segments.
const fn encode_alaw(sample: i16) -> u8 {
    let magnitude = (if sample < 0 { !sample } else { sample } as u16) >> 4;
    let sign = if sample < 0 { 0x00 } else { 0x80 };
    let code = if magnitude < 32 {
        magnitude as u8
    } else {
        let shift = 11 - magnitude.leading_zeros();
        ((shift as u8) << 4) + (magnitude >> shift) as u8
    };
    (code | sign) ^ 0x55
}

const fn decode_alaw(code: u8) -> i16 {
    let bits = code ^ 0x55;
    let step = (bits & 0x0F) as i16;
    let magnitude = match (bits >> 4) & 0x07 {
        0 => (step << 4) + 8,
        segment => ((step << 4) + 0x108) << (segment - 1),
    };
    if bits & 0x80 == 0 {
        -magnitude
    } else {
        magnitude
    }
}

const ULAW_BIAS: u16 = 33;
const ULAW_CLIP: u16 = 0x1FFF;

/// Fourteen bits of magnitude (one's complement for negative samples) plus the bias, 16 steps in each of 8 segments.
const fn encode_ulaw(sample: i16) -> u8 {
    let magnitude = ((if sample < 0 { !sample } else { sample } as u16) >> 2) + ULAW_BIAS;
    let magnitude = if magnitude > ULAW_CLIP {
        ULAW_CLIP
    } else {
        magnitude
    };
    let sign = if sample < 0 { 0x00 } else { 0x80 };
    let segment = 10 - magnitude.leading_zeros();
    let step = (magnitude >> (segment + 1)) as u8 & 0x0F;
    sign | (!(((segment as u8) << 4) | step) & 0x7F)
}

const fn decode_ulaw(code: u8) -> i16 {
    let bits = !code;
    let step = (bits & 0x0F) as i16;
    let segment = (bits >> 4) & 0x07;
    let magnitude = (((step << 1) + ULAW_BIAS as i16) << segment) - ULAW_BIAS as i16;
    if code & 0x80 == 0 {
        -(magnitude << 2)
    } else {
        magnitude << 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAWS: [Law; 2] = [Law::ALaw, Law::MuLaw];

    /// The positive half of G.711 Tables 1a and 2a in 16-bit units: for each code, counted from silence, the least
    /// magnitude that has it and the value it is given back as.
    fn table(law: Law) -> Vec<(i32, i32)> {
        let mut cells = Vec::new();
        let (first_step, scale, bias) = match law {
            Law::ALaw => (2, 8, 0),
            Law::MuLaw => (2, 4, 1),
        };
        let mut from = 0;
        for segment in 0..8 {
            let step = match law {
                Law::ALaw if segment < 2 => first_step,
                Law::ALaw => first_step << (segment - 1),
                Law::MuLaw => first_step << segment,
            };
            for cell in 0..16 {
                // The first cell of µ-law is half as wide, and its value is zero.
                let width = if bias == 1 && segment == 0 && cell == 0 {
                    1
                } else {
                    step
                };
                let value = if width == step { from + step / 2 } else { 0 };
                cells.push((from * scale, value * scale));
                from += width;
            }
        }
        cells
    }

    fn code_of_cell(law: Law, cell: usize, negative: bool) -> u8 {
        let cell = u8::try_from(cell).unwrap();
        match (law, negative) {
            (Law::ALaw, false) => (cell | 0x80) ^ 0x55,
            (Law::ALaw, true) => cell ^ 0x55,
            (Law::MuLaw, false) => !cell,
            (Law::MuLaw, true) => !cell & 0x7F,
        }
    }

    #[test]
    fn every_sample_is_encoded_as_the_tables_of_g711_say() {
        for law in LAWS {
            let cells = table(law);
            for sample in i16::MIN..=i16::MAX {
                let negative = sample < 0;
                // One's complement: −1 lies in the first negative cell, like 0 in the first positive one.
                let magnitude = i32::from(if negative { !sample } else { sample });
                let cell = cells
                    .iter()
                    .rposition(|(from, _)| *from <= magnitude)
                    .unwrap();
                assert_eq!(
                    law.encode(sample),
                    code_of_cell(law, cell, negative),
                    "{law:?} {sample}"
                );
            }
        }
    }

    #[test]
    fn every_code_is_decoded_as_the_tables_of_g711_say() {
        for law in LAWS {
            for (cell, (_, value)) in table(law).into_iter().enumerate() {
                assert_eq!(
                    i32::from(law.decode(code_of_cell(law, cell, false))),
                    value,
                    "{law:?} {cell}"
                );
                assert_eq!(
                    i32::from(law.decode(code_of_cell(law, cell, true))),
                    -value,
                    "{law:?} {cell}"
                );
            }
        }
    }

    #[test]
    fn negative_zero_of_ulaw_is_the_only_code_that_does_not_survive_a_tandem() {
        let changed = |law: Law| {
            (0..=255u8)
                .filter(|code| law.encode(law.decode(*code)) != *code)
                .collect::<Vec<_>>()
        };

        assert_eq!(changed(Law::ALaw), []);
        assert_eq!(changed(Law::MuLaw), [0x7F]);
        assert_eq!(Law::MuLaw.encode(Law::MuLaw.decode(0x7F)), 0xFF);
    }

    #[test]
    fn older_ulaw_code_differs_on_508_samples() {
        // The widespread variant shifts before it takes the magnitude, so negative thresholds lie one step off.
        let older = |sample: i16| {
            let shifted = i32::from(sample) >> 2;
            let magnitude = (shifted.abs() + 33).min(0x1FFF);
            let segment = (magnitude >> 6).checked_ilog2().map_or(0, |bits| bits + 1);
            let code = (segment << 4) | u32::try_from((magnitude >> (segment + 1)) & 0x0F).unwrap();
            u8::try_from(code).unwrap() ^ if sample < 0 { 0x7F } else { 0xFF }
        };

        let differing = (i16::MIN..=i16::MAX)
            .filter(|sample| older(*sample) != Law::MuLaw.encode(*sample))
            .count();

        assert_eq!(differing, 508);
    }

    #[test]
    fn translation_equals_decoding_and_encoding_again() {
        for (from, to) in [(Law::ALaw, Law::MuLaw), (Law::MuLaw, Law::ALaw)] {
            let mut codes: Vec<u8> = (0..=255).collect();
            to.translate_from_other(&mut codes);
            for (code, translated) in (0..=255u8).zip(codes) {
                assert_eq!(translated, to.encode(from.decode(code)));
            }
        }
        assert_eq!(
            Law::MuLaw.from_other()[usize::from(Law::ALaw.silence())],
            0xFE,
            "8 is a code of µ-law, not zero"
        );
        assert_eq!(
            Law::ALaw.from_other()[usize::from(Law::MuLaw.silence())],
            Law::ALaw.silence()
        );
    }
}
