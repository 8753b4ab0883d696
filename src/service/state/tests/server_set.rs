//! Which MCP servers a process has, and what it is told when they are to be others.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{AskId, Driver, Effect, Frame, Input, Limits, State, record, tools};
use crate::claude::{self, Control};
use crate::context::Profile;
use crate::protocol::session::Mode;
use crate::service::servers::ServerPlan;

const ASKER: AskId = AskId(7);

impl Driver {
    /// One whose process is up, with a server that is told the mode.
    fn with_profile() -> Self {
        let mut driver = Self::new();
        let plan = ServerPlan::new(Profile::atomizer(Path::new("/nowhere")), Default::default());
        driver.state = State::new(record(), Limits::for_tests()).with_servers(Arc::new(plan));
        driver.step(Input::Warm);
        driver
    }

    /// What the process is told to have: the mode that the profile's server is told, and the names of all.
    fn replaced(&mut self) -> Vec<(Value, Vec<String>)> {
        let told = self.take().into_iter().filter_map(|effect| match effect {
            Effect::Write(claude::Input::Control { control: Control::SetServers { servers }, .. }) => Some(servers),
            _ => None,
        });
        told.map(|servers| {
            let mode = servers["atomizer"]["env"]["ATOMIZER_MODE"].clone();
            (mode, servers.keys().cloned().collect())
        })
        .collect()
    }

    fn set_mode(&mut self, mode: Mode) -> &mut Self {
        self.step(Input::SetMode(ASKER, mode))
    }
}

fn told(mode: &str, names: &[&str]) -> Vec<(Value, Vec<String>)> {
    vec![(json!(mode), names.iter().map(|&name| name.to_owned()).collect())]
}

#[test]
fn a_server_that_is_told_the_mode_is_replaced_when_that_changes_and_at_no_other_time() {
    let mut driver = Driver::with_profile();
    assert_eq!(driver.state.started_servers()["atomizer"]["env"]["ATOMIZER_MODE"], "user");
    driver.come_up().send("one");
    driver.frame(Frame::Init(Box::default())).ends();
    assert_eq!(driver.set_mode(Mode::User).replaced(), []);
    assert_eq!(driver.set_mode(Mode::Power).replaced(), told("power", &["atomizer"]));
    driver.send("two");
    assert_eq!(driver.replaced(), []);
    // Also while a turn runs: what is called lives to its end.
    assert_eq!(driver.set_mode(Mode::User).replaced(), told("user", &["atomizer"]));
}

#[test]
fn the_environment_is_told_before_the_servers_are_replaced_which_inherit_it() {
    let mut driver = Driver::with_profile();
    driver.come_up().take();
    driver.set_mode(Mode::Power);
    let told: Vec<_> = driver.story().into_iter().filter(|line| line.starts_with("→ ")).collect();
    assert_eq!(told, ["→ apply_flag_settings", "→ mcp_set_servers", "→ mcp_status"]);
    driver.set_mode(Mode::Power);
    assert_eq!(driver.story(), ["reply Done"]);
}

#[test]
fn the_mode_that_changed_while_the_process_came_up_is_told_before_the_first_message() {
    let mut driver = Driver::with_profile();
    driver.send("one");
    driver.set_mode(Mode::Power).take();
    driver.come_up();
    let order: Vec<String> = driver.story().into_iter().filter(|line| line.starts_with("→ ")).collect();
    let at = |what: &str| order.iter().position(|line| line == what);
    assert!(at("→ mcp_set_servers").is_some() && at("→ mcp_set_servers") < at("→ user"), "{order:?}");
}

#[test]
fn tools_that_a_client_brings_to_a_process_without_any_add_our_server_and_a_change_of_mode_keeps_it() {
    let mut driver = Driver::with_profile();
    driver.come_up().take();
    driver.step(Input::Tools(tools::toolset(1, &["open"])));
    assert_eq!(driver.replaced(), told("user", &["atomizer", "editor"]));
    assert_eq!(driver.set_mode(Mode::Power).replaced(), told("power", &["atomizer", "editor"]));
    driver.step(Input::Tools(tools::toolset(2, &["close"])));
    assert_eq!(driver.replaced(), []);
}

#[test]
fn a_process_that_cannot_replace_its_servers_is_started_anew_with_those_that_are_wanted() {
    let mut driver = Driver::with_profile();
    driver.come_up().take();
    driver.set_mode(Mode::Power);
    let request_id = driver.take().into_iter().find_map(|effect| match effect {
        Effect::Write(claude::Input::Control { request_id, control: Control::SetServers { .. } }) => Some(request_id),
        _ => None,
    });
    let response = Err("Unsupported control request subtype: mcp_set_servers".to_owned());
    driver.frame(Frame::ControlResponse { request_id: request_id.unwrap(), response });
    assert!(driver.story().contains(&"stop".to_owned()));
    driver.step(Input::Exited(super::killed()));
    assert!(driver.story().contains(&"start".to_owned()));
    assert_eq!(driver.state.started_servers()["atomizer"]["env"]["ATOMIZER_MODE"], "power");
}
