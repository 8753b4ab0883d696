//! The clients that come to a session, and go.

use std::sync::Arc;

use super::Task;
use super::asking::Tie;
use crate::error::Result;
use crate::ids::TurnId;
use crate::service::asking::Asker;
use crate::service::client::Client;
use crate::service::sink::Subscriber;
use crate::service::state::Input;
use crate::service::subscription::Subscribed;
use crate::service::tools::Toolset;

impl Task {
    /// Takes in a client that is with the session from now on, and brings a process up for it.
    pub(super) async fn warm(&mut self, client: Client) {
        self.bring_tools(client.toolbox).await;
        self.feed(Input::Warm).await;
        self.attach(client.asker, Tie::Session).await;
    }

    /// Goes on with those who followed while the session was at rest.
    pub(super) async fn welcome_subscribers(&mut self) {
        self.followers.reach(self.journal.last_event());
        for asker in self.followers.askers() {
            self.attach(Some(asker), Tie::Subscription).await;
        }
    }

    /// Takes in who wants to follow.
    pub(super) async fn subscribe(
        &mut self,
        after_seq: u64,
        subscriber: Arc<dyn Subscriber>,
        asker: Option<Arc<dyn Asker>>,
    ) -> Result<Subscribed> {
        let subscribed = Subscribed::after(after_seq, self.journal.last_event(), self.journal.last_seq())?;
        self.followers.subscribe(subscriber, asker.clone(), after_seq);
        self.attach(asker, Tie::Subscription).await;
        Ok(subscribed)
    }

    /// Somebody who followed does so no more.
    pub(super) fn unsubscribed(&mut self) {
        self.followers.drop_gone();
        self.dismiss_askers();
    }

    /// Takes in a client that says something, and gives its tools; sees to it that its message tells what is new.
    pub(super) async fn meet_sender(&mut self, turn: TurnId, client: Client) -> Option<Toolset> {
        let tools = client.toolbox.as_ref().map(|toolbox| self.calling.meet(toolbox));
        self.asking.message(turn);
        self.attach(client.asker, Tie::Message(turn)).await;
        self.look_at_progress().await;
        tools
    }
}
