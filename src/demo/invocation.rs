//! The command line, which is the CLI's.

use uuid::Uuid;

/// What of the command line means something here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Invocation {
    pub(super) conversation: Conversation,
    pub(super) model: Option<String>,
    pub(super) permission_mode: Option<String>,
    /// Whether the host may lift every question later on.
    pub(super) may_bypass: bool,
}

/// Which conversation it is to be; the ids are those of [`Uuid`], so that they are fit for a file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Conversation {
    New(String),
    Resume {
        id: String,
        /// The id under which it goes on, where it is not its own.
        fork: Option<String>,
    },
}

impl Invocation {
    /// Reads the arguments. Those that mean nothing here are no error: the CLI has a great many.
    pub(super) fn parse(arguments: &[String]) -> Result<Self, String> {
        let id = |flag: &str| value_of(arguments, flag).map(session_id).transpose();
        let given = id("--session-id")?;
        let forks = has(arguments, "--fork-session");
        let conversation = match id("--resume")? {
            Some(id) => Conversation::Resume { id, fork: forks.then(|| given.unwrap_or_else(new_id)) },
            None => Conversation::New(given.unwrap_or_else(new_id)),
        };
        let text = |flag: &str| value_of(arguments, flag).map(str::to_owned);
        Ok(Self {
            conversation,
            model: text("--model"),
            permission_mode: text("--permission-mode"),
            may_bypass: has(arguments, "--allow-dangerously-skip-permissions"),
        })
    }
}

/// The value of `--flag=value` or `--flag value`.
fn value_of<'a>(arguments: &'a [String], flag: &str) -> Option<&'a str> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix(flag) {
            Some("") => return arguments.next().map(String::as_str),
            Some(rest) if rest.starts_with('=') => return Some(&rest[1..]),
            Some(_) | None => {}
        }
    }
    None
}

fn has(arguments: &[String], flag: &str) -> bool {
    arguments.iter().any(|argument| argument == flag)
}

fn session_id(text: &str) -> Result<String, String> {
    match Uuid::parse_str(text) {
        Ok(id) => Ok(id.to_string()),
        Err(_) => Err("Error: Invalid session ID. Must be a valid UUID.".to_owned()),
    }
}

fn new_id() -> String {
    Uuid::now_v7().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0193a5f0-0000-7000-8000-000000000001";

    fn parsed(line: &str) -> Result<Invocation, String> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Invocation::parse(&arguments)
    }

    #[test]
    fn the_command_line_of_a_session_is_understood_and_the_rest_ignored() {
        let line = format!("--verbose --session-id={ID} --mcp-config=x.json --model opus --permission-mode=plan");
        let invocation = parsed(&line).unwrap();
        assert_eq!(invocation.conversation, Conversation::New(ID.to_owned()));
        assert_eq!((invocation.model.as_deref(), invocation.permission_mode.as_deref()), (Some("opus"), Some("plan")));
        let resumed = parsed(&format!("--resume={ID}")).unwrap().conversation;
        assert_eq!(resumed, Conversation::Resume { id: ID.to_owned(), fork: None });
    }

    #[test]
    fn a_fork_goes_on_under_an_id_of_its_own() {
        let Conversation::Resume { id, fork: Some(fork) } =
            parsed(&format!("--resume={ID} --fork-session")).unwrap().conversation
        else {
            panic!("not a fork")
        };
        assert!(id == ID && fork != ID);
    }

    #[test]
    fn an_id_that_is_none_is_refused() {
        for line in ["--session-id=../../x", "--resume=", "--resume x"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
