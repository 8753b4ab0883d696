//! What a turn consists of, as data: the wishes of a message become steps.

use std::time::Duration;

use serde_json::Value;

use super::memory::Notes;
use super::prompt::Prompt;
use super::tools::Tool;
use super::words::{self, Wish};

/// How long `slow` says nothing.
const SILENCE: Duration = Duration::from_secs(10);

/// A turn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scenario {
    pub(super) pace: Pace,
    pub(super) steps: Vec<Step>,
}

/// How fast it is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// Between two words.
    pub(super) word: Duration,
    /// Before the first word of a message, and while a tool is at work.
    pub(super) moment: Duration,
    /// Until a helper comes back.
    pub(super) errand: Duration,
}

impl Pace {
    pub(super) const NATURAL: Self = Self {
        word: Duration::from_millis(30),
        moment: Duration::from_millis(350),
        errand: Duration::from_millis(1500),
    };
    const FAST: Self = Self { word: Duration::ZERO, moment: Duration::ZERO, errand: Duration::ZERO };
}

/// A part of a turn.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Think(String),
    Say(String),
    Use(Tool),
    /// Call a tool of the host's.
    Call {
        name: String,
        arguments: Option<Value>,
    },
    /// The conversation is summarised, as far as anybody can see.
    Compact,
    /// Nothing happens.
    Wait(Duration),
    /// The API fails, and is to be asked again.
    Retry {
        attempt: u32,
        of: u32,
        delay: Duration,
    },
    /// The API fails for good: the turn is over.
    Fail(ApiFailure),
    /// A line that is no frame.
    Garbage,
    /// The process ends.
    Die,
    /// The process does nothing any more.
    Hang,
}

/// How the API fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ApiFailure {
    pub(super) status: u16,
    /// The API's name for it.
    pub(super) kind: &'static str,
    /// The CLI's name for it.
    pub(super) error: &'static str,
    /// What the person is told.
    pub(super) text: &'static str,
}

const OVERLOADED: ApiFailure = ApiFailure {
    status: 529,
    kind: "overloaded_error",
    error: "server_error",
    text: "API Error: 529 Overloaded. (The demo agent was asked to be.)",
};

const REFUSED: ApiFailure = ApiFailure {
    status: 400,
    kind: "invalid_request_error",
    error: "unknown",
    text: "API Error: 400 invalid request. (The demo agent was asked to refuse it.)",
};

/// What the agent does about a message.
pub(super) fn of_message(prompt: &Prompt, notes: &Notes) -> Scenario {
    // A command of the CLI's own, which a client can send for a person.
    if prompt.text.trim() == "/compact" {
        return Scenario { pace: Pace::NATURAL, steps: vec![Step::Compact] };
    }
    let mut wishes = words::wishes(&prompt.text);
    let pace = pace(&wishes);
    let thinks = wishes.contains(&Wish::Think);
    wishes.retain(|wish| !matches!(wish, Wish::Fast | Wish::Think));
    let mut steps = Vec::new();
    if thinks {
        steps.push(Step::Think(thoughts(prompt)));
    }
    if wishes.is_empty() {
        steps.push(Step::Say(answer(prompt, notes)));
    }
    for wish in wishes {
        steps.extend(of_wish(wish, notes, pace));
    }
    Scenario { pace, steps }
}

/// What the agent does when a helper has come back.
pub(super) fn of_return(pace: Pace) -> Scenario {
    let text = "The helper is back. It counted to three and found: **one**, **two** and **three**.";
    Scenario { pace, steps: vec![Step::Say(text.to_owned())] }
}

fn pace(wishes: &[Wish]) -> Pace {
    if wishes.contains(&Wish::Fast) { Pace::FAST } else { Pace::NATURAL }
}

fn of_wish(wish: Wish, notes: &Notes, pace: Pace) -> Vec<Step> {
    let say = |text: &str| Step::Say(text.to_owned());
    match wish {
        Wish::Fast | Wish::Think => Vec::new(),
        Wish::Read(file) => vec![Step::Say(format!("I will read `{file}`.")), Step::Use(Tool::Read(file))],
        Wish::Tool => vec![say("Let me look around."), Step::Use(Tool::read_notes()), Step::Use(Tool::Bash)],
        Wish::Edit => vec![say("I will change a line of `notes.md`."), Step::Use(Tool::Edit)],
        Wish::Ask => vec![say("I would like to know something."), Step::Use(Tool::Ask)],
        Wish::Plan => vec![say("Here is what I would do."), Step::Use(Tool::Plan)],
        Wish::Subagent => vec![say("I will send a helper."), Step::Use(Tool::Task)],
        Wish::Editor(name, arguments) => vec![say("I will ask your editor."), Step::Call { name, arguments }],
        Wish::Long(count) => vec![Step::Say(many_words(count))],
        Wish::Recall => vec![Step::Say(recollection(notes))],
        Wish::Slow => vec![Step::Wait(SILENCE), say("Thank you for your patience.")],
        Wish::Retry => {
            let mut steps = retries(pace);
            steps.push(say("The API failed twice, and the third time it worked."));
            steps
        }
        Wish::Overloaded => {
            let mut steps = retries(pace);
            steps.push(Step::Fail(OVERLOADED));
            steps
        }
        Wish::Error => vec![Step::Fail(REFUSED)],
        Wish::Garbage => vec![Step::Garbage, say("A line before this one was no JSON, and the turn goes on.")],
        Wish::Die => vec![say("I was about to say that "), Step::Die],
        Wish::Hang => vec![say("From now on I answer nothing."), Step::Hang],
        Wish::Help => vec![Step::Say(words::help())],
    }
}

fn retries(pace: Pace) -> Vec<Step> {
    let retry = |attempt| Step::Retry { attempt, of: 2, delay: pace.moment * 2 * attempt };
    vec![retry(1), retry(2)]
}

fn thoughts(prompt: &Prompt) -> String {
    format!(
        "The person says “{}”. A model would weigh that now. I am the demo agent, so I only show what it looks like: \
         thoughts come first, and in a stream of their own.",
        prompt.gist()
    )
}

/// An answer that shows what answers look like, and takes up what was said.
fn answer(prompt: &Prompt, notes: &Notes) -> String {
    let gist = prompt.gist();
    let mut text = format!("## You said “{gist}”\n\n");
    if !prompt.attachments.is_empty() {
        text += &format!("With it came {}. ", prompt.attachments.join(", "));
    }
    text.push_str(
        "I am the demo agent: no model reads this, no account is charged, and none of your files is touched. \
         A real answer streams just like this one:\n\n\
         - words arrive one by one, in **Markdown**;\n\
         - tools are called, and ask you first where they change something (try `edit`);\n\
         - thoughts come before the words (try `think`).\n\n",
    );
    text += &format!("```python\ndef main():\n    print({gist:?})\n\n\nmain()\n```\n\n");
    text.push_str(&position(notes));
    text.push_str("Say `help` to see all that I can do.");
    text
}

/// Where in the conversation it is.
fn position(notes: &Notes) -> String {
    match notes.said.iter().rev().nth(1) {
        Some(before) => format!("This is message {} of ours; before it you said “{before}”. ", notes.messages),
        None => String::new(),
    }
}

fn recollection(notes: &Notes) -> String {
    let before = &notes.said[..notes.said.len().saturating_sub(1)];
    if before.is_empty() {
        return "You have said nothing before this.".to_owned();
    }
    let lines: Vec<String> = before.iter().map(|said| format!("- {said}")).collect();
    format!("You said before:\n\n{}", lines.join("\n"))
}

/// Exactly this many words, a paragraph of them at a time.
fn many_words(count: usize) -> String {
    const WORDS: [&str; 10] = ["words", "come", "and", "go", "like", "waves", "on", "a", "long", "beach"];
    const PARAGRAPH: usize = 100;
    let mut text = String::new();
    for at in 0..count {
        text.push_str(WORDS[at % WORDS.len()]);
        text.push_str(if (at + 1).is_multiple_of(PARAGRAPH) { "\n\n" } else { " " });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(text: &str, said: &[&str]) -> Scenario {
        let said: Vec<String> = said.iter().chain(&[text]).map(|said| (*said).to_owned()).collect();
        let notes = Notes { messages: said.len(), said, ..Notes::default() };
        of_message(&Prompt { text: text.to_owned(), ..Prompt::default() }, &notes)
    }

    fn said(scenario: &Scenario) -> String {
        let texts = scenario.steps.iter().filter_map(|step| match step {
            Step::Say(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    #[test]
    fn an_ordinary_message_gets_an_answer_that_takes_it_up() {
        let text = said(&scenario("What is a monad?", &["Hello"]));
        for part in ["## You said “What is a monad?”", "- words", "```python", "message 2", "you said “Hello”"]
        {
            assert!(text.contains(part), "{part} is not in:\n{text}");
        }
    }

    #[test]
    fn steps_follow_the_words_and_thoughts_come_first() {
        let steps = scenario("edit then think fast", &[]).steps;
        assert!(matches!(&steps[..], [Step::Think(_), Step::Say(_), Step::Use(Tool::Edit)]), "{steps:?}");
        assert_eq!(scenario("think fast", &[]).pace, Pace::FAST);
    }

    #[test]
    fn the_clis_own_command_to_compact_is_followed() {
        assert_eq!(scenario("/compact", &["Hello"]).steps, [Step::Compact]);
    }

    #[test]
    fn every_word_changes_what_the_agent_does() {
        for word in words::WORDS {
            let argument = match word.name {
                "read" => " notes.md",
                "long" => " 3",
                "editor" => " open_file",
                _ => "",
            };
            let message = format!("{}{argument}", word.name);
            let (asked, ordinary) = (scenario(&message, &[]), scenario("hello", &[]));
            let differs = asked.pace != ordinary.pace || asked.steps.len() > 1 || !said(&asked).contains("## You said");
            assert!(differs, "{message} does nothing");
        }
    }

    #[test]
    fn as_many_words_are_said_as_were_asked_for() {
        assert_eq!(many_words(250).split_whitespace().count(), 250);
        assert_eq!(many_words(0), "");
    }

    #[test]
    fn what_was_said_is_recalled_without_the_question_itself() {
        assert_eq!(said(&scenario("recall", &["one", "two"])), "You said before:\n\n- one\n- two");
    }
}
