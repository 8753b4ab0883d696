//! What a method is: a type with a name, parameters and a result.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ErrorKind;

/// A method of the protocol. The server's table, the typed client and the schemas all come from this one definition.
pub trait Method {
    /// Its name on the wire.
    const NAME: &'static str;
    /// What it does, in a line.
    const SUMMARY: &'static str;
    /// What can go wrong in it, beside what can with every method.
    const ERRORS: &'static [ErrorKind];
    /// Its parameters, by name.
    type Params: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
    /// What it answers.
    type Result: Serialize + DeserializeOwned + JsonSchema + Clone + Send + 'static;
}
