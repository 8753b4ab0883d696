//! Subscriptions: following a session's events, from any of them on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::message::ProgressToken;
use super::session::HeldBy;
use crate::error::ErrorData;
use crate::ids::SessionId;

/// Parameters of `session/subscribe`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionSubscribeParams {
    /// The session.
    pub session_id: SessionId,
    /// The number of the last event that the client has; absent: it wants all from the beginning. The `lastSeq` of a
    /// session asks for what is still to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_seq: Option<u64>,
    /// The token under which events are streamed, until it is given to `session/unsubscribe`.
    pub subscription_token: ProgressToken,
}

/// Result of `session/subscribe`. The events follow it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionSubscribeResult {
    /// The number of the last event there is by now: with it the replay ends. `afterSeq` where nothing came after it.
    pub last_seq: u64,
    /// Another bridge, which runs the session. What happens there is seen here a moment later, from the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<HeldBy>,
}

/// Parameters of `session/unsubscribe`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionUnsubscribeParams {
    /// The token of the subscription. Nothing comes under it after the answer.
    pub subscription_token: ProgressToken,
}

/// Parameters of the `$/progress` notification with which a subscription ends by itself. Its token is free again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndProgress {
    /// The token of the subscription.
    pub token: ProgressToken,
    /// That it ended.
    pub value: EndValue,
}

/// The value of that notification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EndValue {
    /// Why: `sessionNotFound` where the session was deleted, or what is wrong with the history.
    pub ended: ErrorData,
}
