//! How a session's MCP servers are. The first turn of a process waits for all of them, and the CLI says nothing
//! meanwhile: it is asked, and the person told.

use std::time::Duration;

use serde_json::Value;

use super::controls::Purpose;
use super::{Effect, Effects, Phase, State, Timer};
use crate::claude::{Control, Init, McpServerReport};
use crate::error::Result;
use crate::protocol::event::{EventBody, NoticeLevel, Status};
use crate::service::reports;
use crate::time::Timestamp;

/// How often it is looked whether the servers are there: a person is told within a second what their turn waits for.
const LOOK_AGAIN: Duration = Duration::from_millis(700);

/// What is known of the servers of the process that is there.
#[derive(Debug)]
pub(super) struct Servers {
    /// Whether it was started with any.
    configured: bool,
    started_at: Timestamp,
    known: Vec<McpServerReport>,
}

impl Servers {
    pub(super) fn none(now: Timestamp) -> Self {
        Self { configured: false, started_at: now, known: Vec::new() }
    }

    pub(super) fn starting(configured: bool, now: Timestamp) -> Self {
        Self { configured, started_at: now, known: Vec::new() }
    }

    /// There are some that have just been told to start, or none.
    pub(super) fn start_anew(&mut self, configured: bool, now: Timestamp) {
        (self.configured, self.started_at) = (configured, now);
    }

    fn pending(&self) -> impl Iterator<Item = &McpServerReport> {
        self.known.iter().filter(|server| server.is_pending())
    }
}

impl State {
    /// Asks how the servers are, where there are any.
    pub(super) fn look_at_servers(&mut self, now: Timestamp, effects: &mut Effects) {
        if self.servers.configured && self.phase == Phase::Up {
            self.request(Control::McpStatus, Purpose::Watch, now, effects);
        }
    }

    pub(super) fn servers_answered(&mut self, answer: Result<Value>, now: Timestamp, effects: &mut Effects) {
        let is_first = self.servers.known.is_empty();
        match answer {
            Ok(answer) => self.servers_are(McpServerReport::all(&answer), effects),
            Err(error) => {
                tracing::warn!(session = %self.record.id, %error, "it is not known how the MCP servers are");
                return;
            }
        }
        if self.servers.pending().next().is_some() {
            effects.push(Effect::SetTimer(Timer::Servers, LOOK_AGAIN));
            // What is there in a moment is not worth a word.
            if !is_first {
                self.tell_of_wait(now, effects);
            }
        }
    }

    /// A turn begins; the CLI says how the servers are by then, but not why.
    pub(super) fn servers_at_turn(&mut self, init: &Init, now: Timestamp, effects: &mut Effects) {
        let is_known = init.mcp_servers.iter().all(|server| {
            self.servers.known.iter().any(|known| known.name == server.name && known.status == server.status)
        });
        if !is_known {
            self.look_at_servers(now, effects);
        }
    }

    /// Takes in how the servers are, and tells of what is new.
    pub(super) fn servers_are(&mut self, servers: Vec<McpServerReport>, effects: &mut Effects) {
        if servers == self.servers.known {
            return;
        }
        let before = std::mem::replace(&mut self.servers.known, servers);
        let turn = self.current_turn();
        let body = EventBody::McpStatus { servers: self.servers.known.iter().map(reports::server_info).collect() };
        effects.event(turn, body);
        for server in self.servers.known.iter().filter(|server| server.is_failed() && !before.contains(server)) {
            let why = server.error.as_deref().unwrap_or("it did not say why");
            let text = format!("the MCP server {} failed: {why}; Claude goes on without its tools", server.name);
            effects.notice(turn, NoticeLevel::Warning, text);
            if self.started_with.has_program(&server.name) {
                effects.push(Effect::LookForWords(server.name.clone()));
            }
        }
    }

    /// Says which servers the turn waits for, and for how long by now.
    fn tell_of_wait(&self, now: Timestamp, effects: &mut Effects) {
        let Some(turn) = self.turn.as_ref().filter(|turn| !turn.listens()) else { return };
        let names: Vec<&str> = self.servers.pending().map(|server| server.name.as_str()).collect();
        let seconds = now.since(self.servers.started_at).as_secs_f64();
        let detail = format!("{} (for {seconds:.1} s)", names.join(", "));
        effects.status(Some(turn.id), Status::WaitingForServers, Some(detail));
    }
}
