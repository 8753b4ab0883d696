//! Events as JSON: how they are sent, and what the store keeps of them.

use std::io::{self, Write};
use std::ops::Range;

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::protocol::event::{EventBody, EventMeta};

/// How much of a tool's answer goes into its event; `message/list` has the rest.
pub(super) const TOOL_RESULT_LIMIT: usize = 64 * 1024;

/// Where in the buffer an event and its body are. The body lacks its opening brace.
pub(super) struct Encoded {
    pub(super) event: Range<usize>,
    pub(super) body: Range<usize>,
}

/// Writes an event's JSON and says where its body begins. The store keeps the body alone, so it is written in one
/// piece, after the rest.
pub(super) fn encode_event(buffer: &mut Vec<u8>, meta: &EventMeta, body: &EventBody) -> Result<usize> {
    write_json(&mut *buffer, meta)?;
    buffer.pop();
    buffer.push(b',');
    let middle = buffer.len();
    write_json(SkipFirst { to: buffer, skipped: false }, body)?;
    Ok(middle)
}

/// The JSON of a stored event, put together again.
pub(in crate::service) fn stored_json(meta: &EventMeta, body: &str) -> Result<String> {
    let mut json = to_json(meta)?;
    json.pop();
    json.push(',');
    json.push_str(body.strip_prefix('{').unwrap_or(body));
    Ok(json)
}

/// Passes on all but the first byte: an object without its opening brace.
struct SkipFirst<'a> {
    to: &'a mut Vec<u8>,
    skipped: bool,
}

impl Write for SkipFirst<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let from = usize::from(!self.skipped && !bytes.is_empty());
        self.skipped |= from == 1;
        self.to.extend_from_slice(&bytes[from..]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_json<T: Serialize>(to: impl Write, value: &T) -> Result<()> {
    serde_json::to_writer(to, value).map_err(|problem| Error::internal(format!("cannot be encoded: {problem}")))
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|problem| Error::internal(format!("cannot be encoded: {problem}")))
}

/// A tool's answer cut to what fits into an event, and how many bytes that leaves out.
pub(super) fn shorten(content: Value) -> Result<(Value, Option<u64>)> {
    let text = match content {
        Value::String(text) => text,
        other => {
            let text = to_json(&other)?;
            if text.len() <= TOOL_RESULT_LIMIT {
                return Ok((other, None));
            }
            text
        }
    };
    if text.len() <= TOOL_RESULT_LIMIT {
        return Ok((Value::String(text), None));
    }
    let cut = text.floor_char_boundary(TOOL_RESULT_LIMIT);
    let left_out = (text.len() - cut) as u64;
    Ok((Value::String(text[..cut].to_owned()), Some(left_out)))
}
