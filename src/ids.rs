//! Identifiers. Each kind of thing has a type of its own, so that one cannot be passed for another.
//!
//! All are UUIDv7: unique without coordination, and sorted by the time they were made, which is what keeps
//! paging by key stable.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new identifier, later in order than every one made before it by this process.
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The identifier of something that is older than this program: of its time, and of a hash of what names it
            /// elsewhere, in hexadecimal, so that it always gets the same one.
            #[must_use]
            pub fn derived(at: crate::time::Timestamp, hash: &str) -> Self {
                let mut random = [0; 10];
                for (byte, pair) in random.iter_mut().zip(hash.as_bytes().chunks(2)) {
                    let digits = std::str::from_utf8(pair).unwrap_or_default();
                    *byte = u8::from_str_radix(digits, 16).unwrap_or(0);
                }
                let millis = u64::try_from(at.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// The sixteen bytes, as they are stored.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The identifier that [`Self::as_bytes`] gave.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    };
}

id! {
    /// A session: a row that outlives every process that served it.
    SessionId
}
id! {
    /// One message of a session. The deltas of a message that is still being written carry the same id, as their
    /// `itemId`.
    MessageId
}
id! {
    /// One turn: a message of the person's and all that Claude did in answer to it.
    TurnId
}
id! {
    /// One question of Claude's that waits, or waited, for the person.
    PermissionId
}
id! {
    /// The CLI's own name for a conversation, which may change when a session is forked or rebuilt.
    ProviderSessionId
}
id! {
    /// One run of this program. It tells what one run holds in the history from what another one does, since process
    /// ids are used again.
    BridgeId
}
