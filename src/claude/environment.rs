//! The environment that the CLI is started with.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use super::settings::EnvPolicy;

/// A whole environment.
pub(super) type Environment = BTreeMap<OsString, OsString>;

/// What a CLI of ours is told about who started it.
const ENTRYPOINT: &str = "claude-bridge";

/// What passes even where only named variables do: without these a program does not find its tools, its files or its
/// language.
const NEEDED: &[&str] = &["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_*", "TZ", "TMPDIR"];

/// What a CLI session sets for its own children, and an editor for the CLIs in its terminal, as seen in the environment
/// of the tools, hooks and MCP servers of versions 2.1.197 and 2.1.330. All of it names that session; the person's own
/// settings (`CLAUDE_CONFIG_DIR`, `CLAUDE_CODE_USE_BEDROCK`, `CLAUDE_CODE_MAX_RETRIES`, …) are not among them.
const OF_ANOTHER_SESSION: &[&str] = &[
    "AI_AGENT",
    "CLAUDECODE",
    "CLAUDE_CODE_CHILD_*",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_EXECPATH",
    "CLAUDE_CODE_LAUNCHED_BY_SESSION_IDS",
    "CLAUDE_CODE_MESSAGING_*",
    "CLAUDE_CODE_SESSION_*",
    "CLAUDE_CODE_SSE_PORT",
    "CLAUDE_EFFORT",
    "CLAUDE_PID",
    "CLAUDE_PROJECT_DIR",
];

/// Our own environment, as far as `policy` lets it through, with what we add.
pub(super) fn inherited(policy: &EnvPolicy) -> Environment {
    filtered(std::env::vars_os(), policy)
}

/// Makes the CLI's first turn wait no longer than `timeout` for its MCP servers, unless the person said how long.
pub(super) fn limit_mcp_wait(environment: &mut Environment, timeout: Duration) {
    environment.entry("MCP_TIMEOUT".into()).or_insert_with(|| timeout.as_millis().to_string().into());
}

fn filtered(all: impl Iterator<Item = (OsString, OsString)>, policy: &EnvPolicy) -> Environment {
    let mut environment: Environment = all.filter(|(name, _)| passes(&name.to_string_lossy(), policy)).collect();
    environment.insert("CLAUDE_CODE_ENTRYPOINT".into(), ENTRYPOINT.into());
    environment.extend(policy.set.iter().map(|(name, value)| (name.into(), value.into())));
    environment
}

fn passes(name: &str, policy: &EnvPolicy) -> bool {
    let listed = match &policy.pass {
        None => true,
        Some(pass) => NEEDED.iter().any(|pattern| matches(pattern, name)) || any_matches(pass, name),
    };
    listed && !OF_ANOTHER_SESSION.iter().any(|pattern| matches(pattern, name)) && !any_matches(&policy.remove, name)
}

fn any_matches(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, name))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(policy: &EnvPolicy, ours: &[&str]) -> Vec<String> {
        let all = ours.iter().map(|name| (OsString::from(name), OsString::from("x")));
        filtered(all, policy).into_keys().map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn the_variables_of_another_cli_session_never_pass() {
        let ours = ["CLAUDECODE", "CLAUDE_CODE_SESSION_ID", "CLAUDE_CODE_SSE_PORT", "CLAUDE_CODE_CHILD_SESSION"];
        assert_eq!(names(&EnvPolicy::default(), &ours), ["CLAUDE_CODE_ENTRYPOINT"]);
        let pass = EnvPolicy { pass: Some(vec!["CLAUDE*".into()]), ..EnvPolicy::default() };
        assert_eq!(names(&pass, &ours), ["CLAUDE_CODE_ENTRYPOINT"]);
    }

    #[test]
    fn the_persons_own_settings_of_the_cli_pass() {
        let ours = ["ANTHROPIC_API_KEY", "CLAUDE_CODE_MAX_RETRIES", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CONFIG_DIR"];
        let passed = names(&EnvPolicy::default(), &ours);
        assert!(ours.iter().all(|name| passed.iter().any(|passed| passed == name)), "{passed:?}");
    }

    #[test]
    fn with_a_list_only_the_named_pass_and_what_a_program_needs() {
        let policy = EnvPolicy { pass: Some(vec!["AWS_*".into(), "EDITOR".into()]), ..EnvPolicy::default() };
        let passed = names(&policy, &["AWS_REGION", "EDITOR", "EDITORS", "HOME", "LC_ALL", "PATH", "SECRET"]);
        assert_eq!(passed, ["AWS_REGION", "CLAUDE_CODE_ENTRYPOINT", "EDITOR", "HOME", "LC_ALL", "PATH"]);
    }

    #[test]
    fn what_is_removed_goes_and_what_is_set_comes_last() {
        let policy = EnvPolicy {
            remove: vec!["ANTHROPIC_*".into(), "A".into()],
            set: BTreeMap::from([("A".into(), "1".into()), ("CLAUDE_CODE_ENTRYPOINT".into(), "mine".into())]),
            ..EnvPolicy::default()
        };
        let environment =
            filtered([("ANTHROPIC_API_KEY".into(), "k".into()), ("A".into(), "0".into())].into_iter(), &policy);
        let expected: Environment =
            [("A".into(), "1".into()), ("CLAUDE_CODE_ENTRYPOINT".into(), "mine".into())].into_iter().collect();
        assert_eq!(environment, expected);
    }

    #[test]
    fn the_wait_for_mcp_servers_is_ours_unless_the_person_said_how_long() {
        let mut environment = Environment::new();
        limit_mcp_wait(&mut environment, Duration::from_secs(10));
        assert_eq!(environment.get(&OsString::from("MCP_TIMEOUT")), Some(&"10000".into()));
        limit_mcp_wait(&mut environment, Duration::from_secs(3));
        assert_eq!(environment.get(&OsString::from("MCP_TIMEOUT")), Some(&"10000".into()));
    }
}
