//! The search through messages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::message::{Message, Role};
use crate::ids::SessionId;
use crate::time::Timestamp;

/// Parameters of `message/search`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageSearchParams {
    /// What the messages say: words, all of which have to occur; `"a phrase"`; `prefix*`; `-not`; `one OR other`. Case
    /// and accents make no difference, punctuation separates words. Chinese, Japanese, Korean and Thai words are found
    /// inside of sentences.
    pub query: String,
    /// The order; default `newest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<SearchOrder>,
    /// Only messages of this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Only messages of sessions that are about this study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study_id: Option<String>,
    /// Only messages of this role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Only messages from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only messages from before then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What is searched beside what was said and the files that were attached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<SearchInclude>,
    /// How many at most, 1 to 200; default 20.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page before ended: its `nextCursor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The order of what a search finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SearchOrder {
    /// The newest first, by `createdAt`: what was imported is among the others of its time. Of the same second, messages
    /// may be in the order in which they came into the history instead.
    #[default]
    Newest,
    /// The best match first, of the newest 1000 that match; there are no further ones.
    Best,
}

/// What is searched by choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SearchInclude {
    /// What tools were given and what they answered, the first 16 KiB of each.
    Tools,
}

/// Result of `message/search`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageSearchResult {
    /// The page.
    pub hits: Vec<SearchHit>,
    /// Give it as `cursor`, with the same parameters, to get the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// About how many of the oldest messages cannot be found yet, since they are from before there was an index and
    /// are still being added to it; absent where all can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unindexed: Option<u64>,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchHit {
    /// The message.
    pub message: Message,
    /// Its session.
    pub session: SearchedSession,
    /// The part of the message that was found, in one line.
    pub snippet: String,
    /// Where in `snippet` the words are: start and end, exclusive, in UTF-16 code units, as LSP counts.
    pub ranges: Vec<[u32; 2]>,
}

/// The session of a message that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchedSession {
    /// Its id.
    pub id: SessionId,
    /// Its title.
    pub title: String,
}
