//! What a line of the person's means: a message for Claude, or one of the few commands that are not Claude's.

/// Something that the person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Say this to Claude.
    Say(String),
    /// Know the commands.
    Help,
    /// Begin another session.
    New,
    /// See the latest sessions, or those whose title has this.
    Sessions(Option<String>),
    /// Go on with this session, told by its number in the list or by its id.
    Resume(String),
    /// Give the session this title.
    Rename(String),
    /// Know what Claude may do, or change it.
    Mode(Option<String>),
    /// Know the models, or have another one answer.
    Model(Option<String>),
    /// Summarise the conversation.
    Compact,
    /// Know what fills the model's context.
    Context,
    /// Know how the MCP servers are.
    Servers,
    /// Leave.
    Quit,
    /// Ctrl-C.
    Interrupt,
    /// Know what this command wants behind it.
    Misused(&'static Own),
    /// Nothing: an empty line.
    Nothing,
}

/// A command of our own.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) name: &'static str,
    pub(super) argument: &'static str,
    pub(super) meaning: &'static str,
}

/// The commands, as `/help` lists them.
pub(super) const OWN: [Own; 11] = [
    Own::new("/help", "", "this"),
    Own::new("/mode", "[user|power]", "what Claude may do here, or change it"),
    Own::new("/model", "[NAME]", "the models, or have another one answer"),
    Own::new("/compact", "", "summarise the conversation, to make room"),
    Own::new("/context", "", "what fills the model's context"),
    Own::new("/mcp", "", "the MCP servers and their tools"),
    Own::new("/new", "", "begin another session"),
    Own::new("/sessions", "[WORDS]", "the latest sessions, or those with WORDS in their title"),
    Own::new("/resume", "NUMBER", "go on with one of them"),
    Own::new("/rename", "TITLE", "give this session a title"),
    Own::new("/quit", "", "leave; so does Ctrl-D"),
];

impl Own {
    const fn new(name: &'static str, argument: &'static str, meaning: &'static str) -> Self {
        Self { name, argument, meaning }
    }
}

impl Wish {
    /// What a line means. A line that begins with a command and goes on as none of ours does is Claude's.
    pub(super) fn of(line: &str) -> Self {
        let text = line.replace("\\\n", "\n");
        let text = text.trim();
        let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        let said = (!rest.is_empty()).then(|| rest.to_owned());
        match (first, said) {
            ("", _) => Self::Nothing,
            ("/help", None) => Self::Help,
            ("/new" | "/clear", None) => Self::New,
            ("/quit" | "/exit", None) => Self::Quit,
            ("/compact", None) => Self::Compact,
            ("/context", None) => Self::Context,
            ("/mcp", None) => Self::Servers,
            ("/mode", mode) => Self::Mode(mode),
            ("/model", model) => Self::Model(model),
            ("/sessions", words) => Self::Sessions(words),
            ("/resume", Some(session)) => Self::Resume(session),
            ("/resume", None) => Self::Sessions(None),
            ("/rename", Some(title)) => Self::Rename(title),
            ("/rename", None) => misused("/rename"),
            _ => Self::Say(text.to_owned()),
        }
    }
}

fn misused(name: &str) -> Wish {
    OWN.iter().find(|own| own.name == name).map_or(Wish::Help, Wish::Misused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_words_are_commands() {
        let some = |text: &str| Some(text.to_owned());
        for (line, wish) in [
            ("  /help ", Wish::Help),
            ("/new", Wish::New),
            ("/quit", Wish::Quit),
            ("/rename  A title ", Wish::Rename("A title".to_owned())),
            ("/mode", Wish::Mode(None)),
            ("/mode power", Wish::Mode(some("power"))),
            ("/model  opus", Wish::Model(some("opus"))),
            ("/sessions two words", Wish::Sessions(some("two words"))),
            ("/resume 2", Wish::Resume("2".to_owned())),
            ("/compact", Wish::Compact),
            ("  ", Wish::Nothing),
            ("/compact keep the names", Wish::Say("/compact keep the names".to_owned())),
            ("/help me", Wish::Say("/help me".to_owned())),
            ("/review", Wish::Say("/review".to_owned())),
            ("one\\\ntwo\nthree", Wish::Say("one\ntwo\nthree".to_owned())),
        ] {
            assert_eq!(Wish::of(line), wish, "{line}");
        }
        assert!(matches!(Wish::of("/rename"), Wish::Misused(own) if own.name == "/rename"));
    }

    #[test]
    fn each_command_that_is_listed_is_one() {
        for own in &OWN {
            assert!(!matches!(Wish::of(&format!("{} {}", own.name, own.argument)), Wish::Say(_)), "{}", own.name);
        }
    }
}
