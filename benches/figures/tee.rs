//! A timestamping tee on the CLI's pipe: runs the CLI as its own child, passes everything on, and notes when each text
//! delta went by. The bridge starts it in the CLI's place.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::clock;

/// The argument by which this program knows that it is to be the tee: then come the log and the CLI.
pub(crate) const COMMAND: &str = "tee";

/// What only a frame with a text delta holds.
const DELTA: &[u8] = b"\"text_delta\"";

pub(crate) fn run(arguments: &[String]) -> i32 {
    let [log, cli, rest @ ..] = arguments else { panic!("tee LOG CLI ARGUMENTS…") };
    let mut child = Command::new(cli).args(rest).stdout(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdout.take().unwrap();
    let mut times = Vec::new();
    let mut out = io::stdout().lock();
    let mut chunk = vec![0; 64 << 10];
    loop {
        let length = pipe.read(&mut chunk).unwrap();
        if length == 0 {
            break;
        }
        let now = clock::now();
        // A frame cut by the end of a read would be missed; the figures are taken where that is one in thousands.
        times.extend(memchr::memmem::find_iter(&chunk[..length], DELTA).map(|_| now));
        if out.write_all(&chunk[..length]).and_then(|()| out.flush()).is_err() {
            break;
        }
    }
    let lines: String = times.iter().map(|time| format!("{}\n", time.as_nanos())).collect();
    // `--version` is asked through the tee as well, and has none.
    if !times.is_empty() {
        fs::write(log, lines).unwrap();
    }
    child.wait().unwrap().code().unwrap_or(1)
}

/// When each text delta went by.
pub(crate) fn read(log: &Path) -> Vec<Duration> {
    let text = fs::read_to_string(log).unwrap();
    text.lines().map(|line| Duration::from_nanos(line.parse().unwrap())).collect()
}
