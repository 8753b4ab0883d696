//! What the tests use as well: the stand-in Messages API, and the pinned CLI.
#![expect(dead_code, unused_imports, reason = "the tests use more of it")]

#[path = "../../../tests/support/api/mod.rs"]
pub(crate) mod api;
#[path = "../../../tests/support/real_cli.rs"]
pub(crate) mod real_cli;

/// How long a scripted reply may be waited for.
pub(crate) const DEADLINE: std::time::Duration = std::time::Duration::from_secs(60);
