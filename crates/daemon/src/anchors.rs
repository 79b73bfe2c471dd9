//! Places of the audit as lines of a file in the keys folder: a number and a hash.

use std::fmt::Write as _;

use store::sql::AuditAnchor;

/// A place as a line.
pub(crate) fn written(anchor: &AuditAnchor) -> String {
    let mut line = format!("{} ", anchor.seq);
    for byte in anchor.hash {
        let _infallible = write!(line, "{byte:02x}");
    }
    line + "\n"
}

/// The place of a line.
pub(crate) fn read(line: &str) -> Option<AuditAnchor> {
    let (seq, hash) = line.split_once(' ')?;
    let digits = hash.as_bytes();
    let mut anchor = AuditAnchor {
        seq: seq.parse().ok()?,
        hash: [0; 32],
    };
    if digits.len() != 2 * anchor.hash.len() {
        return None;
    }
    for (byte, digits) in anchor.hash.iter_mut().zip(digits.chunks(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(anchor)
}
