//! The methods by resource: for each one its definition and its handler.

pub mod control;
pub mod health;
pub mod mcp;
pub mod message;
pub mod permission;
pub mod search;
pub mod session;
pub mod study;
pub mod subscription;
pub mod usage;
