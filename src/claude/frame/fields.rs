//! Lenient access to the fields of a frame: one that is missing, or of another type, is not there.

use serde_json::{Map, Value};

/// An object of the CLI's.
pub(super) type Object = Map<String, Value>;

/// A string.
pub(super) fn text(object: &Object, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// A string, taken out of the object; empty if it is not there.
pub(super) fn take_text(object: &mut Object, name: &str) -> String {
    match object.get_mut(name) {
        Some(Value::String(text)) => std::mem::take(text),
        _ => String::new(),
    }
}

/// Any value, taken out of the object; null if it is not there.
pub(super) fn take(object: &mut Object, name: &str) -> Value {
    object.get_mut(name).map(Value::take).unwrap_or_default()
}

/// An object, taken out of the object; empty if it is not there.
pub(super) fn take_object(object: &mut Object, name: &str) -> Object {
    match take(object, name) {
        Value::Object(inner) => inner,
        _ => Object::new(),
    }
}

/// A number that counts.
pub(super) fn count(object: &Object, name: &str) -> Option<u64> {
    object.get(name).and_then(Value::as_u64)
}

/// A number.
pub(super) fn number(object: &Object, name: &str) -> Option<f64> {
    object.get(name).and_then(Value::as_f64)
}

/// An HTTP status.
pub(super) fn http_status(object: &Object, name: &str) -> Option<u16> {
    count(object, name).and_then(|status| status.try_into().ok())
}

/// A flag; false if it is not there.
pub(super) fn is_set(object: &Object, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// The strings of a list; none if it is not there.
pub(super) fn texts(object: &Object, name: &str) -> Vec<String> {
    let list = object.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The objects of a list; none if it is not there.
pub(super) fn objects<'a>(object: &'a Object, name: &str) -> impl Iterator<Item = &'a Object> {
    object.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}
