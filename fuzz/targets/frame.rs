//! The decoder of the CLI's lines: takes any line, and reads it the same by its fast path and by its general one.

#![no_main]

use claude_bridge::claude::{Frame, decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    let frame = decode(line);
    // A space before it keeps the line from the fast path for stream events. That one does not look at what it does
    // not need, and so reads some lines that are not quite JSON.
    let general = decode(&[b" ", line].concat());
    if !matches!(general, Some(Frame::Malformed { .. })) {
        assert_eq!(general, frame, "the two paths differ");
        assert_eq!(decode(&[line, b"\r"].concat()), frame, "the end of the line makes a difference");
    }
    match frame {
        Some(Frame::Malformed { problem, sample }) => {
            assert!(!problem.is_empty() && sample.chars().count() <= 200);
        }
        Some(Frame::Unknown { frame_type, frame }) => {
            let again = decode(frame.to_string().as_bytes());
            assert_eq!(again, Some(Frame::Unknown { frame_type, frame }), "an unknown frame changes on its way");
        }
        Some(Frame::Oversize { .. }) => panic!("only the line splitter says that"),
        _ => {}
    }
});
