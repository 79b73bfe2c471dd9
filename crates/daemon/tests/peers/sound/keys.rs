//! Pressed keys as a capture of RFC 4733 packets, which SIPp replays.

const PAYLOAD_TYPE: u8 = 101;
const PACKET_MS: u32 = 20;
const PACKETS_PRESSED: u32 = 6;
const PACKETS_END: u32 = 3;
const KEY_MS: u32 = 400;
const SAMPLES_PER_MS: u32 = 8;
/// Volume 10, RFC 4733 section 2.3; the high bit marks the end.
const VOLUME: u8 = 10;
const END: u8 = 0x80;

/// The capture file: Ethernet, IPv4, UDP, RTP. SIPp puts in its own addresses and ports.
pub(super) fn capture(keys: &str) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend(word.to_le_bytes());
    }
    let mut sequence = 1_u16;
    for (start_ms, key) in (0..).step_by(KEY_MS as usize).zip(keys.bytes()) {
        for n in 0..PACKETS_PRESSED + PACKETS_END {
            let rtp = event(PAYLOAD_TYPE, sequence, start_ms, code(key), n);
            record(&mut file, start_ms + n * PACKET_MS, &rtp);
            sequence += 1;
        }
    }
    file
}

fn code(key: u8) -> u8 {
    match key {
        b'0'..=b'9' => key - b'0',
        b'*' => 10,
        b'#' => 11,
        _ => panic!("{} is no key", char::from(key)),
    }
}

/// The n-th packet of a press that began at `start_ms`, as RTP.
pub(crate) fn event(payload_type: u8, sequence: u16, start_ms: u32, code: u8, n: u32) -> Vec<u8> {
    let marker = if n == 0 { 0x80 } else { 0 };
    let flags = if n >= PACKETS_PRESSED {
        END | VOLUME
    } else {
        VOLUME
    };
    let duration = (n + 1).min(PACKETS_PRESSED) * PACKET_MS * SAMPLES_PER_MS;
    let mut rtp = vec![0x80, payload_type | marker];
    rtp.extend(sequence.to_be_bytes());
    rtp.extend((8_000 + start_ms * SAMPLES_PER_MS).to_be_bytes());
    rtp.extend(0x4c69_6e6b_u32.to_be_bytes());
    rtp.extend([code, flags]);
    rtp.extend((duration as u16).to_be_bytes());
    rtp
}

fn record(file: &mut Vec<u8>, at_ms: u32, rtp: &[u8]) {
    let length = 42 + rtp.len() as u32;
    for word in [1 + at_ms / 1_000, at_ms % 1_000 * 1_000, length, length] {
        file.extend(word.to_le_bytes());
    }
    file.extend([0; 12]);
    file.extend([0x08, 0x00]);
    file.extend([0x45, 0]);
    file.extend((28 + rtp.len() as u16).to_be_bytes());
    file.extend([0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
    file.extend([0x27, 0x10, 0x27, 0x10]);
    file.extend((8 + rtp.len() as u16).to_be_bytes());
    file.extend([0, 0]);
    file.extend(rtp);
}
