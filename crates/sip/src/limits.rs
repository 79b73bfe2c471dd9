//! Limits on what is read from the network. Each has a unit in its name or its documentation.

/// The largest message accepted, head and body, in bytes. Offsets of the index fit in a `u16` because of it.
pub const MESSAGE_BYTES_MAX: usize = 65_535;
/// The most header lines of one message.
pub const HEADERS_MAX: usize = 128;
/// The longest header line with its folded continuations, in bytes, without the final CRLF.
pub const LINE_BYTES_MAX: usize = 8 * 1024;
/// The largest session description, in bytes.
pub const SDP_BYTES_MAX: usize = 16 * 1024;
/// The most `m=` lines of one session description.
pub const SDP_MEDIA_MAX: usize = 8;
/// The most attributes of the session level or of one `m=` line.
pub const SDP_ATTRIBUTES_MAX: usize = 64;
/// The most formats (payload types) of one `m=` line that are read; those behind them are not.
pub const SDP_CODECS_MAX: usize = 32;
