//! Ports that no other test on this machine uses meanwhile.

use std::fs::{File, TryLockError};
use std::net::{TcpListener, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::Mutex;

/// Below Linux's ephemeral range, above what Linka and its demo use by default.
const FIRST: u16 = 20_000;
const BLOCK: u16 = 250;
const BLOCKS: u16 = 50;
/// A block with fewer free ports than this is left alone.
const FREE_MIN: usize = 150;

/// A block of ports, reserved for one test by a locked file while the value lives.
pub(crate) struct Ports {
    _lock: File,
    free: Mutex<RangeInclusive<u16>>,
}

impl Ports {
    /// Reserves a block; fails the test when all are taken.
    pub(crate) fn reserve() -> Self {
        let folder = std::env::temp_dir().join("linka-test-ports");
        std::fs::create_dir_all(&folder).unwrap();
        for block in 0..BLOCKS {
            let lock = File::create(folder.join(block.to_string())).unwrap();
            match lock.try_lock() {
                Ok(()) => {
                    let ports = FIRST + block * BLOCK..=FIRST + (block + 1) * BLOCK - 1;
                    // Some other program may have the block's ports: a load test with a wide port range, say.
                    if ports.clone().filter(|&port| is_free(port)).count() >= FREE_MIN {
                        return Self {
                            _lock: lock,
                            free: Mutex::new(ports),
                        };
                    }
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => {
                    panic!("locking block {block} of ports: {error}")
                }
            }
        }
        panic!("all {BLOCKS} blocks of test ports are taken");
    }

    /// A port that nobody listens on, UDP or TCP.
    pub(crate) fn take(&self) -> u16 {
        let mut free = self.free.lock().unwrap();
        free.find(|&port| is_free(port))
            .expect("the test's block of ports is used up")
    }

    /// `count` ports in a row, the first of them even, as RTP wants them.
    pub(crate) fn take_range(&self, count: u16) -> RangeInclusive<u16> {
        loop {
            let first = self.take();
            if first.is_multiple_of(2) && (first + 1..first + count).all(|port| self.take() == port)
            {
                return first..=first + count - 1;
            }
        }
    }
}

fn is_free(port: u16) -> bool {
    UdpSocket::bind(("0.0.0.0", port)).is_ok() && TcpListener::bind(("0.0.0.0", port)).is_ok()
}
