//! RTCP (RFC 3550 §6): sender and receiver reports with a CNAME, and goodbyes; the rest is skipped.

/// Bytes of a whole report: SR with one block, SDES with a CNAME of 16 bytes, BYE.
pub(crate) const REPORT_MAX: usize = 28 + 24 + 28 + 8;

/// Bytes of a CNAME: 96 random bits in base64 (RFC 7022 §4.2).
pub(crate) const CNAME_BYTES: usize = 16;

const SR: u8 = 200;
const RR: u8 = 201;
const SDES: u8 = 202;
const BYE: u8 = 203;
const CNAME: u8 = 1;

/// What a sender says of itself (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SenderInfo {
    pub(crate) ntp: u64,
    pub(crate) timestamp: u32,
    pub(crate) packets: u32,
    pub(crate) octets: u32,
}

/// What a receiver says of one source (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) ssrc: u32,
    pub(crate) fraction_lost: u8,
    /// Signed, 24 bits.
    pub(crate) lost: i32,
    pub(crate) highest: u32,
    pub(crate) jitter: u32,
    /// The middle 32 bits of the NTP time of the last SR, 0 for none.
    pub(crate) last_report: u32,
    /// Since then, in 1/65536 s.
    pub(crate) delay: u32,
}

/// What one side tells the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) ssrc: u32,
    pub(crate) sender: Option<SenderInfo>,
    pub(crate) block: Option<Block>,
    pub(crate) cname: [u8; CNAME_BYTES],
    pub(crate) bye: bool,
}

impl Report {
    /// Writes a compound packet and returns its length.
    pub(crate) fn write(&self, buffer: &mut [u8]) -> usize {
        let mut writer = Writer { buffer, length: 0 };
        let blocks = u8::from(self.block.is_some());
        let (kind, words) = if self.sender.is_some() {
            (SR, 6)
        } else {
            (RR, 1)
        };
        writer.header(blocks, kind, words + 6 * u16::from(blocks));
        writer.word(self.ssrc);
        if let Some(sender) = self.sender {
            writer.word((sender.ntp >> 32) as u32);
            writer.word(sender.ntp as u32);
            writer.word(sender.timestamp);
            writer.word(sender.packets);
            writer.word(sender.octets);
        }
        if let Some(block) = self.block {
            writer.block(block);
        }
        writer.header(1, SDES, 6);
        writer.word(self.ssrc);
        writer.bytes(&[CNAME, CNAME_BYTES as u8]);
        writer.bytes(&self.cname);
        writer.bytes(&[0, 0]);
        if self.bye {
            writer.header(1, BYE, 1);
            writer.word(self.ssrc);
        }
        writer.length
    }
}

struct Writer<'a> {
    buffer: &'a mut [u8],
    length: usize,
}

impl Writer<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if let Some(place) = self.buffer.get_mut(self.length..end) {
            place.copy_from_slice(bytes);
            self.length = end;
        }
    }

    fn word(&mut self, word: u32) {
        self.bytes(&word.to_be_bytes());
    }

    /// `words` is the length after the header in words of 32 bits, which is what the length field counts.
    fn header(&mut self, count: u8, kind: u8, words: u16) {
        self.bytes(&[0x80 | count, kind]);
        self.bytes(&words.to_be_bytes());
    }

    fn block(&mut self, block: Block) {
        let lost = block.lost.clamp(-0x80_0000, 0x7F_FFFF);
        self.word(block.ssrc);
        self.word((u32::from(block.fraction_lost) << 24) | (lost.cast_unsigned() & 0x00FF_FFFF));
        self.word(block.highest);
        self.word(block.jitter);
        self.word(block.last_report);
        self.word(block.delay);
    }
}

/// One packet of a compound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packet<'a> {
    /// A sender report.
    Sender {
        ssrc: u32,
        info: SenderInfo,
        blocks: Blocks<'a>,
    },
    /// A receiver report.
    Receiver { ssrc: u32, blocks: Blocks<'a> },
    /// Sources that are gone.
    Bye,
    /// SDES, APP or something unknown.
    Other,
}

/// Why a datagram is no RTCP compound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Checks a compound (RFC 3550 A.2) and returns its packets.
pub(crate) fn parse(datagram: &[u8]) -> Result<impl Iterator<Item = Packet<'_>>, Malformed> {
    let mut rest = datagram;
    let mut first = true;
    while !rest.is_empty() {
        let (header, body, after) = split(rest).ok_or(Malformed)?;
        let padded = header[0] & 0x20 != 0;
        if first && (padded || !matches!(header[1], SR | RR)) || padded && !after.is_empty() {
            return Err(Malformed);
        }
        read(header, body).ok_or(Malformed)?;
        (first, rest) = (false, after);
    }
    if first {
        Err(Malformed)
    } else {
        Ok(Packets { rest: datagram })
    }
}

struct Packets<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Packet<'a>> {
        let (header, body, after) = split(self.rest)?;
        self.rest = after;
        read(header, body)
    }
}

/// Cuts the first packet off a compound: header, body, the rest.
fn split(bytes: &[u8]) -> Option<([u8; 4], &[u8], &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<4>()?;
    if header[0] >> 6 != 2 {
        return None;
    }
    let length = usize::from(u16::from_be_bytes([header[2], header[3]])) * 4;
    let (body, after) = rest.split_at_checked(length)?;
    Some((*header, body, after))
}

fn read(header: [u8; 4], body: &[u8]) -> Option<Packet<'_>> {
    let count = usize::from(header[0] & 0x1F);
    match header[1] {
        SR => {
            let info = SenderInfo {
                ntp: u64::from(word(body, 1)?) << 32 | u64::from(word(body, 2)?),
                timestamp: word(body, 3)?,
                packets: word(body, 4)?,
                octets: word(body, 5)?,
            };
            Some(Packet::Sender {
                ssrc: word(body, 0)?,
                info,
                blocks: Blocks::of(body.get(24..)?, count)?,
            })
        }
        RR => Some(Packet::Receiver {
            ssrc: word(body, 0)?,
            blocks: Blocks::of(body.get(4..)?, count)?,
        }),
        BYE if body.len() >= count * 4 => Some(Packet::Bye),
        BYE => None,
        _ => Some(Packet::Other),
    }
}

fn word(bytes: &[u8], index: usize) -> Option<u32> {
    bytes
        .get(index * 4..)?
        .first_chunk()
        .map(|word| u32::from_be_bytes(*word))
}

/// Report blocks, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blocks<'a>(&'a [u8]);

impl<'a> Blocks<'a> {
    const BYTES: usize = 24;

    /// What follows the counted blocks is an extension of some profile and is skipped.
    fn of(bytes: &'a [u8], count: usize) -> Option<Self> {
        bytes.get(..count * Self::BYTES).map(Self)
    }

    /// Returns the block about a source.
    pub(crate) fn about(self, ssrc: u32) -> Option<Block> {
        self.0
            .chunks_exact(Self::BYTES)
            .filter_map(Self::block)
            .find(|block| block.ssrc == ssrc)
    }

    fn block(bytes: &[u8]) -> Option<Block> {
        let loss = word(bytes, 1)?;
        Some(Block {
            ssrc: word(bytes, 0)?,
            fraction_lost: (loss >> 24) as u8,
            // The sign of 24 bits becomes that of 32.
            lost: (loss << 8).cast_signed() >> 8,
            highest: word(bytes, 2)?,
            jitter: word(bytes, 3)?,
            last_report: word(bytes, 4)?,
            delay: word(bytes, 5)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn report(sender: Option<SenderInfo>, block: Option<Block>, bye: bool) -> Report {
        Report {
            ssrc: 0xAABB_CCDD,
            sender,
            block,
            cname: *b"abcdefghijklmnop",
            bye,
        }
    }

    fn written(report: &Report) -> Vec<u8> {
        let mut buffer = vec![0; 1_500];
        let length = report.write(&mut buffer);
        buffer.truncate(length);
        buffer
    }

    fn any_block() -> impl Strategy<Value = Block> {
        let fields = (
            any::<u32>(),
            any::<u8>(),
            -0x80_0000..=0x7F_FFFF,
            any::<[u32; 4]>(),
        );
        fields.prop_map(
            |(ssrc, fraction_lost, lost, [highest, jitter, last_report, delay])| Block {
                ssrc,
                fraction_lost,
                lost,
                highest,
                jitter,
                last_report,
                delay,
            },
        )
    }

    fn any_sender() -> impl Strategy<Value = SenderInfo> {
        (any::<u64>(), any::<[u32; 3]>()).prop_map(|(ntp, [timestamp, packets, octets])| {
            SenderInfo {
                ntp,
                timestamp,
                packets,
                octets,
            }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            sender in prop::option::of(any_sender()), block in prop::option::of(any_block()), bye: bool,
        ) {
            let bytes = written(&report(sender, block, bye));
            prop_assert!(bytes.len() <= REPORT_MAX);
            let packets: Vec<_> = parse(&bytes).unwrap().collect();

            let (ssrc, info, blocks) = match packets[0] {
                Packet::Sender { ssrc, info, blocks } => (ssrc, Some(info), blocks),
                Packet::Receiver { ssrc, blocks } => (ssrc, None, blocks),
                Packet::Bye | Packet::Other => panic!("no report first"),
            };
            prop_assert_eq!((ssrc, info), (0xAABB_CCDD, sender));
            prop_assert_eq!(block.and_then(|block| blocks.about(block.ssrc)), block);
            prop_assert_eq!(packets[1], Packet::Other);
            prop_assert_eq!(packets.get(2), bye.then_some(&Packet::Bye));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(packets) = parse(&bytes) {
                prop_assert!(packets.count() >= 1);
            }
        }

        #[test]
        fn a_cut_compound_is_refused(
            sender in prop::option::of(any_sender()), block in prop::option::of(any_block()), cut in 1usize..24,
        ) {
            let bytes = written(&report(sender, block, true));
            // Behind the last packet, a whole BYE may be missing; that is a compound as well.
            prop_assume!(cut != 8);
            prop_assert!(parse(&bytes[..bytes.len() - cut]).is_err());
        }
    }

    #[test]
    fn compounds_that_break_the_rules_are_refused() {
        let good = written(&report(None, None, true));
        assert!(parse(&good).is_ok());
        let changed = |at: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[at] = value;
            parse(&bytes).is_err()
        };

        assert!(changed(0, 0x40), "version 1");
        assert!(changed(0, 0xA0), "padding in the first packet");
        assert!(changed(1, SDES), "no report first");
        assert!(changed(0, 0x81), "a block that is not there");
        assert!(changed(3, 200), "longer than the datagram");
        assert!(changed(8, 0xA1), "padding in a packet that is not the last");
        assert!(parse(&[]).is_err());
    }
}
