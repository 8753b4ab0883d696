//! LSP's base framing: however the stream is cut, the same is found; what is found can be framed and found again.
//!
//! The first byte of the input says how the rest is cut.

#![no_main]

use claude_bridge::rpc::framing::{Framed, Parser};
use claude_bridge_fuzz::chunks;
use libfuzzer_sys::fuzz_target;

const LIMIT: u64 = 300;

#[derive(Clone, Debug, PartialEq)]
enum Found {
    Message(Vec<u8>),
    TooLarge(u64),
    Garbage(&'static str),
}

fuzz_target!(|input: &[u8]| {
    let Some((&seed, stream)) = input.split_first() else { return };
    let (whole, rests) = parse([stream]);
    assert_eq!(parse(chunks(seed, stream)), (whole.clone(), rests), "the cuts make a difference");
    for found in &whole {
        match found {
            Found::Message(body) => assert!(body.len() as u64 <= LIMIT),
            Found::TooLarge(length) => assert!(*length > LIMIT),
            Found::Garbage(why) => assert!(!why.is_empty()),
        }
    }
    let twice = whole.windows(2).any(|two| matches!(two, [Found::Garbage(_), Found::Garbage(_)]));
    assert!(!twice, "the same garbage is reported twice: {whole:?}");

    let messages: Vec<_> = whole.into_iter().filter(|found| matches!(found, Found::Message(_))).collect();
    let framed: Vec<_> = messages.iter().flat_map(frame).collect();
    assert_eq!(parse(chunks(seed, &framed)), (messages, true));

    if rests {
        let next = Found::Message(b"{}".to_vec());
        let (after, _) = parse([stream, &frame(&next)]);
        assert_eq!(after.last(), Some(&next), "the frame after the stream is lost");
    }
});

/// What is found in a stream, and whether it may end there.
fn parse<'a>(stream: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Found>, bool) {
    let mut parser = Parser::new(LIMIT);
    let mut seen = Vec::new();
    for chunk in stream {
        parser.feed(chunk, |framed| {
            seen.push(match framed {
                Framed::Message(body) => Found::Message(body.to_vec()),
                Framed::TooLarge { length, limit } => {
                    assert_eq!(limit, LIMIT);
                    Found::TooLarge(length)
                }
                Framed::Garbage(why) => Found::Garbage(why),
            });
        });
    }
    (seen, parser.is_between_frames())
}

fn frame(found: &Found) -> Vec<u8> {
    let Found::Message(body) = found else { return Vec::new() };
    [format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}
