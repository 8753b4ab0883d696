//! Standard input and output as a transport: one thread that reads and one that writes.

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;

use super::framing::{Framed, Parser};
use super::outbox::Outbox;

/// How much is read at once, in bytes.
const CHUNK: usize = 64 << 10;

/// Takes the process's standard input and output for frames alone. From then on, what is written to standard output by
/// mistake goes to standard error, and children inherit neither.
///
/// # Errors
/// If the file descriptors cannot be duplicated.
pub fn take() -> io::Result<(File, File)> {
    let input = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    let output = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok((input.into(), output.into()))
}

/// Writes what the outbox holds, in a thread of its own.
pub(super) fn spawn_writer(outbox: Arc<Outbox>, output: impl Write + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("writer".to_owned()).spawn(move || outbox.write_to(output))?;
    Ok(())
}

/// Reads frames, in a thread of its own, until `found` breaks or the input ends, and then calls `ended`.
pub(super) fn spawn_reader(
    input: impl Read + Send + 'static,
    found: impl FnMut(Framed<'_>) -> ControlFlow<()> + Send + 'static,
    ended: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    thread::Builder::new().name("reader".to_owned()).spawn(move || {
        read(input, found);
        ended();
    })?;
    Ok(())
}

fn read(mut input: impl Read, mut found: impl FnMut(Framed<'_>) -> ControlFlow<()>) {
    let mut parser = Parser::default();
    let mut chunk = vec![0; CHUNK];
    let mut going_on = ControlFlow::Continue(());
    while going_on.is_continue() {
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => parser.feed(&chunk[..length], |framed| {
                if going_on.is_continue() {
                    going_on = found(framed);
                }
            }),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                tracing::warn!("reading from the client failed: {error}");
                break;
            }
        }
    }
    if !parser.is_between_frames() {
        tracing::warn!("the client's stream ended within a frame");
    }
}
