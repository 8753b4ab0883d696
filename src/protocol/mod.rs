//! The wire types, by resource: what `protocol.md` names, and nothing that acts.
//!
//! These types are the single source: the JSON Schemas and the OpenRPC document are generated from them. Fields are
//! camelCase; unknown fields are ignored on input; enums may grow, so a client takes an unknown value as "other".

pub mod archive;
pub mod capabilities;
pub mod event;
pub mod health;
pub mod lifecycle;
pub mod mcp;
pub mod message;
pub mod permission;
pub mod search;
pub mod session;
pub mod study;
pub mod subscription;
pub mod tool;
pub mod turn;
pub mod usage;

pub use crate::error::{ErrorData, ErrorKind};

/// The version of the protocol, in the answer to `initialize`. It rises when a client would have to change.
pub const PROTOCOL_VERSION: u32 = 1;
