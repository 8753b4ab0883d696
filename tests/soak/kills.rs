//! Processes that are killed.

use std::time::{Duration, Instant};

use super::scenario::{Fine, Harm, Scenario, Try};
use crate::support::api::{Api, Gate, Reply};
use crate::support::bridge::Bridge;
use crate::support::orphans::{Death, System, die};
use crate::support::{commits, process};

const UNTIL_GONE: Option<(&str, Duration)> = Some(("until all are gone", Duration::from_secs(5)));

pub(crate) const BRIDGE: Scenario = Scenario {
    name: "kill-bridge",
    fault: "SIGKILL of the bridge in mid-turn; the real CLI, an MCP server that heeds nothing, a command with daemons",
    tries: [2, 100],
    at_once: 2,
    limit: UNTIL_GONE,
    play: |_| after(Death::Bridge),
};

pub(crate) const CLI: Scenario =
    Scenario { name: "kill-cli", fault: "the same, SIGKILL of the CLI", play: |_| after(Death::Cli), ..BRIDGE };

pub(crate) const GUARD: Scenario =
    Scenario { name: "kill-guard", fault: "the same, SIGKILL of the guard", play: |_| after(Death::Guard), ..BRIDGE };

pub(crate) const BRIDGE_AND_GUARD: Scenario = Scenario {
    name: "kill-both",
    fault: "the same, SIGKILL of bridge and guard at once, then the next start",
    tries: [2, 20],
    play: |_| after(Death::BridgeAndGuard),
    ..BRIDGE
};

/// Counts what is alive after 5 s.
fn after(death: Death) -> Result<Fine, Harm> {
    let took = die(death, System::Linux).map_err(Harm::Leaked)?;
    Ok(Fine { faults: 1, took: vec![took], ..Fine::default() })
}

pub(crate) const MEMORY: Scenario = Scenario {
    name: "kill-cli-memory",
    fault: "SIGKILL of the real CLI in mid-turn; the next message goes on in the same session, with its memory",
    tries: [2, 20],
    at_once: 1,
    limit: Some(("first text of the next message", Duration::from_secs(2))),
    play: go_on,
};

fn go_on(_: &mut Try) -> Result<Fine, Harm> {
    let api = Api::start();
    let never = Gate::new();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    bridge.say(&session, "first");
    let before = bridge.session(&session);
    api.reply_to("second", Reply::text("half").wait_for(&never));
    let mut second = bridge.start_saying(&session, "second");
    second.until_text("half");
    process::kill(bridge.cli_pid(&session));
    assert_eq!(second.end().stop_reason(), "failed");

    let sent = Instant::now();
    let mut third = bridge.start_saying(&session, "third");
    third.until("textDelta");
    let took = sent.elapsed();
    assert_eq!(third.end().text(), "echo: third");
    let known = api.last_request().conversation_texts();
    // What the CLI had not noted when it was killed is told again in one piece.
    let told = known.concat();
    for earlier in ["first", "echo: first", "second"] {
        if !told.contains(earlier) {
            return Err(Harm::Lost(format!("the model was not told {earlier:?}, only {known:?}")));
        }
    }
    assert_eq!(bridge.session(&session)["providerSessionId"], before["providerSessionId"]);
    never.open();
    bridge.shutdown();
    Ok(Fine { faults: 1, took: vec![took], ..Fine::default() })
}

pub(crate) const COMMIT: Scenario = Scenario {
    name: "kill-in-commit",
    fault: "SIGKILL of the bridge in mid-commit, five sessions at work; all that was sent is in the file, no number is used twice",
    tries: [1, 10],
    at_once: 1,
    limit: None,
    play: kill_in_mid_commit,
};

fn kill_in_mid_commit(one: &mut Try) -> Result<Fine, Harm> {
    const KILLS: u64 = 5;
    let delays: Vec<_> = (0..KILLS).map(|_| one.chance.milliseconds(120)).collect();
    let found = commits::kill_in_mid_commit(5, delays.into_iter()).map_err(Harm::Lost)?;
    assert!(found > KILLS, "hardly anything was sent");
    Ok(Fine { faults: KILLS, remark: format!("{found} events sent and found, the last time"), ..Fine::default() })
}
