//! What an MCP server said before it failed, which is known only a moment after it is known that it did.

use std::sync::Arc;

use super::Task;
use crate::claude::ServerLogs;
use crate::protocol::event::NoticeLevel;
use crate::service::command::Command;
use crate::service::state::Input;

impl Task {
    /// Finds out what a server said, beside all else.
    pub(super) fn look_for_words(&self, server: String) {
        let Some(logs) = ServerLogs::of(&self.inner.launcher.settings().cli.env) else { return };
        let (inner, id, conversation) = (Arc::downgrade(&self.inner), self.id, self.state.record.provider_session_id);
        tokio::spawn(async move {
            let words = logs.wait_for_words(conversation, server.clone()).await;
            if let (Some(words), Some(inner)) = (words, inner.upgrade()) {
                inner.registry.tell(id, Command::ServerSaid { server, words });
            }
        });
    }

    /// Tells it to those who follow.
    pub(super) async fn tell_words(&mut self, server: &str, words: &str) {
        let text = format!("the MCP server {server} said before it failed: {words}");
        self.feed(Input::Notice(NoticeLevel::Warning, text)).await;
    }
}
