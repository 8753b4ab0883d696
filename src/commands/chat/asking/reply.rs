//! What the person may say to a question of Claude's, and what it means.

use std::collections::BTreeMap;

use crate::protocol::permission::{
    Permission, PermissionAnswer, PermissionBehavior, PermissionKind, PermissionScope, PermissionSuggestion, Question,
    QuestionAnswer,
};

/// A permission that the person is asked for, with what was answered of it.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    pub(super) permission: Permission,
    given: BTreeMap<String, QuestionAnswer>,
}

/// What a line of the person's means.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    /// This answer.
    Answer(Box<PermissionAnswer>),
    /// The answer to one question; the next one is to be asked.
    Next,
    /// To see all that it is about.
    Whole,
    /// Nothing that can be understood; this is what could be.
    Again(String),
}

/// Something that can be answered by a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) key: String,
    pub(super) meaning: String,
}

impl Asking {
    pub(super) fn new(permission: Permission) -> Self {
        Self { permission, given: BTreeMap::new() }
    }

    /// The question that is asked next, its number, and how many there are.
    pub(super) fn question(&self) -> Option<(&Question, usize, usize)> {
        let questions = &self.permission.questions;
        let at = questions.iter().position(|question| !self.given.contains_key(&question.question))?;
        Some((&questions[at], at + 1, questions.len()))
    }

    /// What can be answered, where it is no question.
    pub(super) fn choices(&self) -> Vec<Choice> {
        let choice = |key: &str, meaning: String| Choice { key: key.to_owned(), meaning };
        let (yes, no) = match self.permission.kind {
            PermissionKind::Plan => ("yes, go on", "no; n and some words tell Claude what to change"),
            _ => ("yes, this once", "no; n and some words tell Claude what to do instead"),
        };
        let mut choices = vec![choice("y", yes.to_owned())];
        for (suggestion, number) in self.permission.suggestions.iter().zip(1..) {
            if number == 1 {
                choices.push(choice("a", promised(suggestion, PermissionScope::Session)));
                choices.push(choice("p", promised(suggestion, PermissionScope::Project)));
            } else {
                choices.push(choice(&number.to_string(), promised(suggestion, suggestion.scope)));
            }
        }
        choices.push(choice("n", no.to_owned()));
        choices
    }

    /// What stands before the cursor.
    pub(super) fn prompt(&self) -> String {
        match self.question() {
            Some((question, ..)) if question.options.is_empty() => "  your answer › ".to_owned(),
            Some((question, ..)) if question.multi_select => {
                format!("  numbers (1 to {}), or your own words › ", question.options.len())
            }
            Some((question, ..)) => format!("  1 to {}, or your own words › ", question.options.len()),
            None => {
                let keys: Vec<String> = self.choices().into_iter().map(|choice| choice.key).collect();
                let verb = if self.permission.kind == PermissionKind::Plan { "go on?" } else { "allow?" };
                format!("  {verb} [{}] › ", keys.join("/"))
            }
        }
    }

    /// Understands a line.
    pub(super) fn reply(&mut self, line: &str) -> Reply {
        let line = line.trim();
        let Some((question, ..)) = self.question() else { return self.decision(line) };
        match chosen(question, line) {
            Err(hint) => Reply::Again(hint),
            Ok(answer) => {
                let question = question.question.clone();
                self.given.insert(question, answer);
                if self.question().is_some() {
                    return Reply::Next;
                }
                let answers = Some(std::mem::take(&mut self.given));
                Reply::Answer(Box::new(PermissionAnswer { answers, ..allow() }))
            }
        }
    }

    /// The answer of one who does not want to say anything, or is not there.
    pub(super) fn refusal(message: Option<String>) -> PermissionAnswer {
        PermissionAnswer { message, ..deny(None) }
    }

    fn decision(&self, line: &str) -> Reply {
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let key = first.trim_end_matches([',', '.', ':', ';']).to_lowercase();
        let answer = match (key.as_str(), rest.trim()) {
            ("y" | "yes", "") => allow(),
            ("n" | "no", why) => deny(Some(why).filter(|why| !why.is_empty())),
            ("a" | "always", "") => return self.granted(0, Some(PermissionScope::Session)),
            ("p" | "project", "") => return self.granted(0, Some(PermissionScope::Project)),
            ("d" | "details", "") => return Reply::Whole,
            (number, "") if number.parse().is_ok_and(|number: usize| number > 1) => {
                return self.granted(number.parse().map_or(0, |number: usize| number - 1), None);
            }
            // It can be neither yes nor a single key by mistake: it is what Claude should hear.
            (key, rest) if !rest.is_empty() && !KEYS.contains(&key) => deny(Some(line)),
            _ => return Reply::Again(format!("{line:?} is none of {}", self.keys())),
        };
        Reply::Answer(Box::new(answer))
    }

    fn granted(&self, at: usize, scope: Option<PermissionScope>) -> Reply {
        let suggestions = &self.permission.suggestions;
        match suggestions.get(at) {
            Some(suggestion) => {
                let suggestion_id = Some(suggestion.id.clone());
                Reply::Answer(Box::new(PermissionAnswer { scope, suggestion_id, ..allow() }))
            }
            None if suggestions.is_empty() => {
                Reply::Again("there is nothing here that could be allowed for longer than once".to_owned())
            }
            None => Reply::Again(format!("it is one of {}", self.keys())),
        }
    }

    fn keys(&self) -> String {
        let keys: Vec<String> = self.choices().into_iter().map(|choice| choice.key).collect();
        keys.join(", ")
    }
}

/// The words that begin an answer.
const KEYS: [&str; 8] = ["y", "yes", "a", "always", "p", "project", "d", "details"];

fn allow() -> PermissionAnswer {
    PermissionAnswer {
        behavior: PermissionBehavior::Allow,
        scope: None,
        suggestion_id: None,
        message: None,
        updated_input: None,
        answers: None,
    }
}

fn deny(why: Option<&str>) -> PermissionAnswer {
    PermissionAnswer { behavior: PermissionBehavior::Deny, message: why.map(str::to_owned), ..allow() }
}

/// `yes, and allow Bash(make) in this session`
fn promised(suggestion: &PermissionSuggestion, scope: PermissionScope) -> String {
    let mut label = suggestion.label.chars();
    let first: String = label.next().map(|first| first.to_lowercase().collect()).unwrap_or_default();
    let when = match scope {
        PermissionScope::Once => "once",
        PermissionScope::Session => "in this session",
        PermissionScope::Project => "in this project",
    };
    format!("yes, and {first}{} {when}", label.as_str())
}

/// What a line says to a question: numbers choose, anything else is an answer of its own.
fn chosen(question: &Question, line: &str) -> Result<QuestionAnswer, String> {
    let options = &question.options;
    if line.is_empty() {
        return Err("type an answer; Ctrl-D gives none".to_owned());
    }
    let words = line.split([',', ' ', ';']).filter(|word| !word.is_empty());
    let Ok(numbers) = words.map(str::parse::<usize>).collect::<Result<Vec<_>, _>>() else {
        return Ok(QuestionAnswer::One(line.trim_matches('"').to_owned()));
    };
    if options.is_empty() {
        return Ok(QuestionAnswer::One(line.to_owned()));
    }
    let mut labels = Vec::new();
    for number in numbers {
        let option = number.checked_sub(1).and_then(|at| options.get(at));
        let label = &option.ok_or_else(|| out_of_range(number, options.len()))?.label;
        if !labels.contains(label) {
            labels.push(label.clone());
        }
    }
    match (question.multi_select, labels.pop(), labels.is_empty()) {
        (_, Some(label), true) => Ok(QuestionAnswer::One(label)),
        (true, Some(label), false) => {
            labels.push(label);
            Ok(QuestionAnswer::Several(labels))
        }
        (false, ..) => Err("only one can be chosen here".to_owned()),
        (true, None, _) => Err("type an answer; Ctrl-D gives none".to_owned()),
    }
}

fn out_of_range(number: usize, count: usize) -> String {
    format!("there is no {number}: it is 1 to {count}; in quotes, \"{number}\", it is an answer in your own words")
}

#[cfg(test)]
mod tests {
    use super::super::tests::asking;
    use super::*;

    fn answer(asking: &mut Asking, line: &str) -> PermissionAnswer {
        match asking.reply(line) {
            Reply::Answer(answer) => *answer,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn yes_is_for_once_and_always_for_as_long_as_it_says() {
        let mut asking = asking("tool");
        let granted = |scope, id: &str| PermissionAnswer { scope, suggestion_id: Some(id.to_owned()), ..allow() };
        for (line, expected) in [
            ("y", allow()),
            (" YES ", allow()),
            ("a", granted(Some(PermissionScope::Session), "1")),
            ("p", granted(Some(PermissionScope::Project), "1")),
            ("2", granted(None, "2")),
            ("n", deny(None)),
            ("no, use make", deny(Some("use make"))),
            ("use make instead", deny(Some("use make instead"))),
        ] {
            assert_eq!(answer(&mut asking, line), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_clear_yes_allows_nothing() {
        let mut asking = asking("tool");
        for line in ["", "x", "ja", "1", "0", "3", "y n", "yes please", "a b", "always all of it"] {
            assert!(matches!(asking.reply(line), Reply::Again(_)), "{line}");
        }
        asking.permission.suggestions.clear();
        for line in ["a", "p", "2"] {
            assert!(matches!(asking.reply(line), Reply::Again(_)), "{line}");
        }
        assert_eq!(asking.prompt(), "  allow? [y/n] › ");
        assert_eq!(asking.reply("d"), Reply::Whole);
    }

    #[test]
    fn choices_say_what_they_allow_and_for_how_long() {
        let meanings: Vec<String> = asking("tool").choices().into_iter().map(|choice| choice.meaning).collect();
        let expected = [
            "yes, this once",
            "yes, and allow Bash(make) in this session",
            "yes, and allow Bash(make) in this project",
            "yes, and accept all edits in this session",
            "no; n and some words tell Claude what to do instead",
        ];
        assert_eq!(meanings, expected);
        assert_eq!(asking("tool").prompt(), "  allow? [y/a/p/2/n] › ");
    }

    #[test]
    fn questions_are_answered_one_by_one_by_number_or_in_own_words() {
        let mut asking = asking("question");
        assert_eq!(asking.reply("2"), Reply::Next);
        let answers = answer(&mut asking, "2, 1 1").answers.unwrap();
        let expected = [
            ("Which colour?", QuestionAnswer::One("Blue".to_owned())),
            ("Which sizes?", QuestionAnswer::Several(vec!["L".to_owned(), "S".to_owned()])),
        ];
        assert_eq!(answers, expected.map(|(question, answer)| (question.to_owned(), answer)).into());
    }

    #[test]
    fn an_answer_that_cannot_be_meant_is_asked_for_again() {
        let question = &asking("question").permission.questions[0];
        for line in ["", "3", "0", "1 2", "99999999999999999999999 1"] {
            let answer = chosen(question, line);
            assert!(answer.is_err() || line.len() > 9, "{line}: {answer:?}");
        }
        let own = |line: &str| chosen(question, line).unwrap();
        assert_eq!(own("\"3\""), QuestionAnswer::One("3".to_owned()));
        assert_eq!(own("1 of each"), QuestionAnswer::One("1 of each".to_owned()));
    }
}
