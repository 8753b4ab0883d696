//! The words of a message that say what the agent is to do.
//!
//! Most of them count wherever they stand, so that "think, then read notes.md" does both. Those that break something,
//! or would be taken for it by chance ("an error", "why is it slow?"), count only in a message that is made of nothing
//! but such words.

use serde_json::Value;

/// The most words that `long` writes.
const MAX_LONG: usize = 1_000_000;

/// What a word asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Say everything without a pause.
    Fast,
    Think,
    Read(String),
    Tool,
    Edit,
    Ask,
    Plan,
    Subagent,
    /// Call a tool of the host's, with these arguments or made-up ones.
    Editor(String, Option<Value>),
    Long(usize),
    Recall,
    Slow,
    Retry,
    Overloaded,
    Error,
    Garbage,
    Die,
    Hang,
    Help,
}

/// A word, as `help` lists it.
pub(super) struct Word {
    pub(super) name: &'static str,
    /// What has to follow it, as it is shown.
    argument: Option<&'static str>,
    /// Whether it counts among ordinary words too.
    anywhere: bool,
    meaning: &'static str,
    wish: fn(&str) -> Option<Wish>,
}

impl Word {
    const fn plain(name: &'static str, meaning: &'static str, wish: fn(&str) -> Option<Wish>) -> Self {
        Self { name, argument: None, anywhere: true, meaning, wish }
    }

    const fn alone(name: &'static str, meaning: &'static str, wish: fn(&str) -> Option<Wish>) -> Self {
        Self { name, argument: None, anywhere: false, meaning, wish }
    }
}

/// Every word there is.
pub(super) const WORDS: &[Word] = &[
    Word::plain("fast", "no pauses between the words of the answer", |_| Some(Wish::Fast)),
    Word::plain("think", "thinks before it speaks", |_| Some(Wish::Think)),
    Word {
        name: "read",
        argument: Some("FILE"),
        anywhere: true,
        meaning: "calls the tool Read; what it finds is made up",
        wish: file,
    },
    Word::plain("tool", "calls two tools, Read and Bash; nothing is run", |_| Some(Wish::Tool)),
    Word::plain("edit", "asks for permission to edit a file, which stays as it is", |_| Some(Wish::Edit)),
    Word::plain("ask", "asks you a question", |_| Some(Wish::Ask)),
    Word::plain("plan", "presents a plan and asks you to approve it", |_| Some(Wish::Plan)),
    Word::plain("subagent", "sends a helper off, and comes back when it is done", |_| Some(Wish::Subagent)),
    Word {
        name: "editor",
        argument: Some("TOOL"),
        anywhere: false,
        meaning: "calls a tool that your editor declared; with `{…}` behind it, those are its arguments",
        wish: host_tool,
    },
    Word { name: "long", argument: Some("N"), anywhere: true, meaning: "says N words", wish: number },
    Word::alone("recall", "tells what you said before", |_| Some(Wish::Recall)),
    Word::alone("slow", "says nothing for ten seconds; interrupt it", |_| Some(Wish::Slow)),
    Word::alone("retry", "the API fails twice, then answers", |_| Some(Wish::Retry)),
    Word::alone("overloaded", "the API is overloaded (529) and stays so", |_| Some(Wish::Overloaded)),
    Word::alone("error", "the API refuses the request (400)", |_| Some(Wish::Error)),
    Word::alone("garbage", "writes a line that is not JSON, then goes on", |_| Some(Wish::Garbage)),
    Word::alone("die", "ends in the middle of a sentence, with exit code 1", |_| Some(Wish::Die)),
    Word::alone("hang", "answers nothing any more, not even an interrupt", |_| Some(Wish::Hang)),
    Word::alone("help", "shows this list", |_| Some(Wish::Help)),
];

fn file(argument: &str) -> Option<Wish> {
    argument.contains(['.', '/']).then(|| Wish::Read(argument.to_owned()))
}

fn host_tool(argument: &str) -> Option<Wish> {
    let is_name = !argument.is_empty() && argument.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    is_name.then(|| Wish::Editor(argument.to_owned(), None))
}

fn number(argument: &str) -> Option<Wish> {
    argument.parse().ok().map(|count: usize| Wish::Long(count.min(MAX_LONG)))
}

/// What a message asks for, in its order.
pub(super) fn wishes(text: &str) -> Vec<Wish> {
    let tokens = tokens(text);
    let mut found: Vec<(&Word, Wish)> = Vec::new();
    let mut ordinary = false;
    let mut at = 0;
    while at < tokens.len() {
        match find(&tokens[at..]) {
            Some((word, mut wish)) => {
                at += 1 + usize::from(word.argument.is_some());
                if let (Wish::Editor(_, arguments), Some(given)) =
                    (&mut wish, tokens.get(at).and_then(|text| object(text)))
                {
                    *arguments = Some(given.0);
                    at += 1;
                }
                found.push((word, wish));
            }
            None => {
                at += 1;
                ordinary = true;
            }
        }
    }
    found.into_iter().filter(|(word, _)| word.anywhere || !ordinary).map(|(_, wish)| wish).collect()
}

/// The words of a text, without the signs around them; an object in JSON counts as one.
fn tokens(text: &str) -> Vec<&str> {
    let (mut tokens, mut rest) = (Vec::new(), text.trim_start());
    while !rest.is_empty() {
        let (token, length) = match object(rest) {
            Some((_, length)) => (&rest[..length], length),
            None => {
                let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (bare(&rest[..length]), length)
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

/// The object in JSON that a text begins with, and its length.
fn object(text: &str) -> Option<(Value, usize)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok().filter(Value::is_object)?;
    Some((value, values.byte_offset()))
}

/// The word that the tokens begin with, its argument included.
fn find(tokens: &[&str]) -> Option<(&'static Word, Wish)> {
    let word = WORDS.iter().find(|word| word.name.eq_ignore_ascii_case(tokens[0]))?;
    let argument = tokens.get(1).copied().unwrap_or_default();
    Some((word, (word.wish)(argument)?))
}

/// A word without the signs around it.
fn bare(token: &str) -> &str {
    token
        .trim_start_matches(|sign: char| !(sign.is_alphanumeric() || matches!(sign, '.' | '/' | '~' | '_')))
        .trim_end_matches(|sign: char| !(sign.is_alphanumeric() || sign == '_'))
}

/// The list of all words, in Markdown.
pub(super) fn help() -> String {
    let mut text = String::from("## What the demo agent understands\n\n");
    for kind in [true, false] {
        text.push_str(match kind {
            true => "Anywhere in a message:\n\n",
            false => "\nOnly in a message that has no other words than these and those above:\n\n",
        });
        for word in WORDS.iter().filter(|word| word.anywhere == kind) {
            let argument = word.argument.map(|argument| format!(" {argument}")).unwrap_or_default();
            text += &format!("- `{}{argument}`: {}\n", word.name, word.meaning);
        }
    }
    text.push_str("\nTry `think, then read notes.md and edit it`.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_a_sentence_in_its_order() {
        let expected = [Wish::Think, Wish::Read("src/main.rs".to_owned()), Wish::Edit];
        assert_eq!(wishes("Think, then read `src/main.rs` and edit it."), expected);
        assert_eq!(wishes("LONG 12, fast!"), [Wish::Long(12), Wish::Fast]);
    }

    #[test]
    fn an_ordinary_sentence_breaks_nothing() {
        for sentence in
            ["Explain this error", "Why is it slow?", "Die Katze schläft", "I read a book", "A long way", ""]
        {
            assert_eq!(wishes(sentence), [], "{sentence}");
        }
    }

    #[test]
    fn what_breaks_something_counts_among_its_like() {
        assert_eq!(wishes("die fast"), [Wish::Die, Wish::Fast]);
        assert_eq!(wishes("tool, hang"), [Wish::Tool, Wish::Hang]);
        assert_eq!(wishes("die please"), []);
    }

    #[test]
    fn a_tool_of_the_editors_is_called_with_the_arguments_that_are_given() {
        let call = |arguments| Wish::Editor("open_file".to_owned(), arguments);
        let given = serde_json::json!({"path": "a b.rs", "at": {"line": 3}});
        assert_eq!(wishes(&format!("fast, editor open_file {given}")), [Wish::Fast, call(Some(given))]);
        assert_eq!(wishes("editor open_file fast"), [call(None), Wish::Fast]);
        assert_eq!(wishes("editor open_file {broken"), []);
        assert_eq!(wishes("my editor crashed"), []);
    }

    #[test]
    fn help_lists_every_word() {
        let help = help();
        assert!(WORDS.iter().all(|word| help.contains(&format!("- `{}", word.name))), "{help}");
    }
}
