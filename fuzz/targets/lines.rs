//! The CLI's output as lines: each is delivered exactly as it was printed, or skipped and counted if it is over the
//! cap, however the reads fall.
//!
//! The first byte of the input is the cap, the second says how the rest is cut.

#![no_main]

use claude_bridge::claude::fuzzing::split_lines;
use claude_bridge_fuzz::chunks;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [cap, seed, stream @ ..] = input else { return };
    let cap = usize::from(*cap);
    let mut expected: Vec<_> = stream.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    expected.pop_if(|last| last.is_empty());
    let expected: Vec<_> =
        expected.into_iter().map(|line| if line.len() > cap { Err(line.len() as u64) } else { Ok(line) }).collect();
    assert_eq!(split_lines(cap, chunks(*seed, stream)), expected);
    assert_eq!(split_lines(cap, [stream]), expected);
});
