//! JSON-RPC's envelope, borrowed from the bytes it came in: what a message is, before anyone looks into its params.

use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind};

/// The id of a request: what JSON-RPC allows and LSP narrows down, an integer or a string.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Id {
    /// An integer.
    Number(i64),
    /// A string.
    String(String),
}

impl Id {
    pub(super) fn parse(raw: &RawValue) -> Option<Self> {
        let text = raw.get();
        if text.starts_with('"') {
            serde_json::from_str(text).ok().map(Self::String)
        } else {
            serde_json::from_str(text).ok().map(Self::Number)
        }
    }
}

/// The id as JSON.
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::String(text) => Value::from(text.as_str()).fmt(f),
        }
    }
}

/// One message.
#[derive(Debug)]
pub(super) enum Message<'a> {
    Request { id: Id, method: String, params: Option<&'a RawValue> },
    Notification { method: String, params: Option<&'a RawValue> },
    Response { id: Id, outcome: Result<&'a RawValue, &'a RawValue> },
}

/// Why bytes are no message, and the id that the answer carries, where one could be made out.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) id: Option<Id>,
    pub(super) error: Error,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    error: Option<&'a RawValue>,
}

/// A field that is there, be it `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Reads the envelope of the message in `body`.
pub(super) fn parse(body: &[u8]) -> Result<Message<'_>, Refused> {
    let text = str::from_utf8(body).map_err(|error| nameless(ErrorKind::ParseError, format!("not UTF-8: {error}")))?;
    if !text.trim_start().starts_with('{') {
        return Err(no_object(text));
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|error| {
        let kind = if error.is_data() { ErrorKind::InvalidRequest } else { ErrorKind::ParseError };
        nameless(kind, format!("not a JSON-RPC message: {error}"))
    })?;
    envelope.read()
}

fn no_object(text: &str) -> Refused {
    match serde_json::from_str::<IgnoredAny>(text) {
        Err(error) => nameless(ErrorKind::ParseError, format!("not JSON: {error}")),
        Ok(_) if text.trim_start().starts_with('[') => {
            let mut refused = nameless(ErrorKind::InvalidRequest, "batches are not taken".to_owned());
            refused.error = refused.error.hint("send the requests one by one");
            refused
        }
        Ok(_) => nameless(ErrorKind::InvalidRequest, "a message is a JSON object".to_owned()),
    }
}

fn nameless(kind: ErrorKind, message: String) -> Refused {
    Refused { id: None, error: Error::new(kind, message) }
}

impl<'a> Envelope<'a> {
    fn read(self) -> Result<Message<'a>, Refused> {
        let id = match self.id.map(|raw| Id::parse(raw).ok_or(raw)) {
            Some(Ok(id)) => Some(id),
            None => None,
            Some(Err(_)) if self.method.is_none() => return Err(invalid(None, "a response without a usable id")),
            Some(Err(_)) => return Err(invalid(None, "an id is a string or an integer of 64 bits")),
        };
        if self.jsonrpc.is_none_or(|version| version.get() != r#""2.0""#) {
            return Err(invalid(id, r#"`jsonrpc` is not "2.0""#));
        }
        match self.method {
            Some(method) => self.call(id, method),
            None => self.response(id),
        }
    }

    fn call(self, id: Option<Id>, method: &RawValue) -> Result<Message<'a>, Refused> {
        let Ok(method) = serde_json::from_str(method.get()) else {
            return Err(invalid(id, "`method` is not a string"));
        };
        let params = self.params.filter(|params| params.get() != "null");
        if params.is_some_and(|params| !params.get().starts_with(['{', '['])) {
            return Err(invalid(id, "`params` is neither an object nor an array"));
        }
        Ok(match id {
            Some(id) => Message::Request { id, method, params },
            None => Message::Notification { method, params },
        })
    }

    fn response(self, id: Option<Id>) -> Result<Message<'a>, Refused> {
        match (id, self.result, self.error) {
            (Some(id), Some(result), None) => Ok(Message::Response { id, outcome: Ok(result) }),
            (Some(id), None, Some(error)) => Ok(Message::Response { id, outcome: Err(error) }),
            (id, ..) => Err(invalid(id, "neither a request, a notification nor a response")),
        }
    }
}

fn invalid(id: Option<Id>, message: &str) -> Refused {
    Refused { id, error: Error::new(ErrorKind::InvalidRequest, message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &[u8]) -> (Option<String>, ErrorKind) {
        let refused = parse(body).unwrap_err();
        (refused.id.map(|id| id.to_string()), refused.error.kind())
    }

    #[test]
    fn a_request_is_known_by_its_method_and_id() {
        let message = parse(br#" {"id":-3,"jsonrpc":"2.0","method":"a/b","params":{"x":[1]},"other":1} "#).unwrap();
        let Message::Request { id: Id::Number(-3), method, params: Some(params) } = message else {
            panic!("{message:?}")
        };
        assert_eq!((method.as_str(), params.get()), ("a/b", r#"{"x":[1]}"#));
    }

    #[test]
    fn an_id_is_the_same_however_it_is_escaped_and_is_written_as_json() {
        let message = parse(br#"{"jsonrpc":"2.0","id":"\u0061\"","method":"m","params":null}"#).unwrap();
        let Message::Request { id, params: None, .. } = message else { panic!("{message:?}") };
        assert_eq!((id.clone(), id.to_string().as_str()), (Id::String("a\"".to_owned()), r#""a\"""#));
    }

    #[test]
    fn a_result_of_null_is_a_response() {
        let message = parse(br#"{"jsonrpc":"2.0","id":"x","result":null}"#).unwrap();
        assert!(matches!(message, Message::Response { outcome: Ok(_), .. }));
    }

    #[test]
    fn what_is_not_json_is_a_parse_error() {
        for body in [&b""[..], b"{", b"[1,", b"nope", b"{\"a\":\xff}", b"{} {}", b"\xef\xbb\xbf{}"] {
            assert_eq!(refused(body), (None, ErrorKind::ParseError), "{body:?}");
        }
    }

    #[test]
    fn what_is_json_but_no_message_is_an_invalid_request() {
        for body in ["[]", r#"[{"jsonrpc":"2.0","id":1,"method":"m"}]"#, "1", "\"{\"", "{}"] {
            assert_eq!(refused(body.as_bytes()), (None, ErrorKind::InvalidRequest), "{body}");
        }
    }

    #[test]
    fn an_id_that_no_request_can_have_is_answered_with_null() {
        for id in ["1.5", "1.0", "1e3", "null", "true", "{}", "[]", "9223372036854775808", r#""\ud800""#] {
            let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#);
            assert_eq!(refused(body.as_bytes()), (None, ErrorKind::InvalidRequest), "{id}");
        }
    }

    #[test]
    fn a_message_that_is_wrong_beside_its_id_is_answered_with_it() {
        for rest in [
            r#""method":"m""#,
            r#""jsonrpc":"1.0","method":"m""#,
            r#""jsonrpc":"2.0","method":7"#,
            r#""jsonrpc":"2.0","method":"m","params":7"#,
            r#""jsonrpc":"2.0""#,
            r#""jsonrpc":"2.0","result":1,"error":{}"#,
        ] {
            let body = format!(r#"{{"id":7,{rest}}}"#);
            assert_eq!(refused(body.as_bytes()), (Some("7".to_owned()), ErrorKind::InvalidRequest), "{rest}");
        }
    }

    #[test]
    fn a_field_that_is_there_twice_is_an_invalid_request() {
        let body = br#"{"jsonrpc":"2.0","id":1,"id":2,"method":"m"}"#;
        assert_eq!(refused(body), (None, ErrorKind::InvalidRequest));
    }
}
