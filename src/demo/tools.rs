//! The tools that the agent calls. None of them does anything: what they find is made up.

use std::path::Path;

use serde_json::{Value, json};

const FILE: &str = "notes.md";
const NOTES: [&str; 4] = ["# Notes", "", "- Try the demo", "- Read the README"];
const OLD_LINE: &str = "- Read the README";
const NEW_LINE: &str = "- Read the README, then build something";
const COMMAND: &str = "ls";
const LISTING: &str = "Cargo.toml\nREADME.md\nnotes.md\nsrc";
const QUESTION: &str = "Which greeting do you like best?";
const PLAN: &str = "# Plan\n\n1. Say hello\n2. Count to three\n3. Say goodbye";
pub(super) const AGENT_TYPE: &str = "general-purpose";
pub(super) const AGENT_TASK: &str = "count to three";
pub(super) const AGENT_PROMPT: &str = "Count to three and tell me what you found.";

/// A tool, and what it is called for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Read(String),
    Bash,
    Edit,
    Ask,
    Plan,
    Task,
}

/// What the host is asked before a tool is used.
pub(super) struct Question {
    /// The tool's name for people, where it is another one.
    pub(super) display_name: Option<String>,
    pub(super) description: Option<&'static str>,
    pub(super) suggestions: Option<Value>,
    /// Whether the answer is what the tool is for.
    pub(super) needs_person: bool,
}

/// What a tool answers.
pub(super) struct Outcome {
    /// What the model is told.
    pub(super) content: Value,
    /// The same in the tool's own terms.
    pub(super) structured: Value,
}

impl Tool {
    /// That of reading the file that the others speak of.
    pub(super) fn read_notes() -> Self {
        Self::Read(FILE.to_owned())
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Read(_) => "Read",
            Self::Bash => "Bash",
            Self::Edit => "Edit",
            Self::Ask => "AskUserQuestion",
            Self::Plan => "ExitPlanMode",
            Self::Task => "Task",
        }
    }

    pub(super) fn input(&self, cwd: &Path) -> Value {
        match self {
            Self::Read(file) => json!({"file_path": cwd.join(file)}),
            Self::Bash => json!({"command": COMMAND, "description": "List the files here"}),
            Self::Edit => json!({
                "file_path": cwd.join(FILE), "old_string": OLD_LINE, "new_string": NEW_LINE, "replace_all": false,
            }),
            Self::Ask => json!({"questions": [{
                "question": QUESTION, "header": "Greeting", "multiSelect": false,
                "options": [
                    {"label": "Hello", "description": "Short and friendly"},
                    {"label": "Good day", "description": "A little more formal"},
                    {"label": "Ahoy", "description": "For sailors"},
                ],
            }]}),
            Self::Plan => json!({ "plan": PLAN }),
            Self::Task => {
                json!({"description": AGENT_TASK, "prompt": AGENT_PROMPT, "subagent_type": AGENT_TYPE})
            }
        }
    }

    /// What has to be asked first in this permission mode.
    pub(super) fn question(&self, mode: &str) -> Option<Question> {
        match self {
            Self::Edit if !matches!(mode, "acceptEdits" | "bypassPermissions") => Some(Question {
                display_name: None,
                description: Some(FILE),
                suggestions: Some(json!([{"type": "setMode", "mode": "acceptEdits", "destination": "session"}])),
                needs_person: false,
            }),
            Self::Ask | Self::Plan => {
                Some(Question { display_name: None, description: None, suggestions: None, needs_person: true })
            }
            Self::Read(_) | Self::Bash | Self::Edit | Self::Task => None,
        }
    }

    /// What the tool makes of its input, which the person may have changed.
    pub(super) fn run(&self, input: &Value) -> Outcome {
        match self {
            Self::Read(_) => read(input),
            Self::Bash => Outcome {
                content: json!(LISTING),
                structured: json!({"stdout": LISTING, "stderr": "", "interrupted": false, "isImage": false}),
            },
            Self::Edit => edit(input),
            Self::Ask => answered(input),
            Self::Plan => Outcome {
                content: json!("User has approved your plan. You can now start coding."),
                structured: json!({"plan": input["plan"], "isAgent": false}),
            },
            Self::Task => Outcome {
                content: json!([{"type": "text", "text": "Async agent launched successfully."}]),
                structured: json!({
                    "isAsync": true, "status": "async_launched", "description": AGENT_TASK, "prompt": AGENT_PROMPT,
                }),
            },
        }
    }

    /// What the agent says when the tool has done its work.
    pub(super) fn report(&self, input: &Value) -> String {
        let path = input["file_path"].as_str().unwrap_or(FILE);
        let file = Path::new(path).file_name().map_or(path.into(), |name| name.to_string_lossy());
        match self {
            Self::Read(_) => format!("`{file}` has {} lines. (They are made up: nothing was read.)", NOTES.len()),
            Self::Bash => "There are four entries here. (They are made up: nothing was run.)".to_owned(),
            Self::Edit => format!("`{file}` would now be changed. (It is as it was: nothing was written.)"),
            Self::Ask => format!("Thank you: **{}** it is.", answers(input).join(", ")),
            Self::Plan => "You approved the plan:\n\n1. Hello!\n2. One, two, three.\n3. Goodbye!".to_owned(),
            Self::Task => "A helper is at work. I will tell you when it is done.".to_owned(),
        }
    }

    /// What the agent says when it may not use the tool.
    pub(super) fn regret(&self, why: &str) -> String {
        let wanted = match self {
            Self::Edit => format!("I may not edit `{FILE}`, so it stays as it is."),
            Self::Ask => "I got no answer to my question, so I choose **Hello** myself.".to_owned(),
            Self::Plan => "The plan was not approved, so nothing is done.".to_owned(),
            other => format!("I may not use {}.", other.name()),
        };
        format!("{wanted} I was told:\n\n> {}", why.replace('\n', "\n> "))
    }
}

fn read(input: &Value) -> Outcome {
    let numbered = NOTES.iter().zip(1..).map(|(line, number)| format!("{number}\t{line}"));
    let content = NOTES.join("\n") + "\n";
    Outcome {
        content: json!(numbered.collect::<Vec<_>>().join("\n")),
        structured: json!({"type": "text", "file": {
            "filePath": input["file_path"], "content": content, "numLines": NOTES.len(), "startLine": 1,
            "totalLines": NOTES.len(),
        }}),
    }
}

fn edit(input: &Value) -> Outcome {
    let [file, old, new] = ["file_path", "old_string", "new_string"].map(|key| input[key].as_str().unwrap_or_default());
    let kept = NOTES.iter().filter(|line| **line != OLD_LINE).map(|line| format!(" {line}"));
    let removed = old.lines().map(|line| format!("-{line}"));
    let added = new.lines().map(|line| format!("+{line}"));
    let before = NOTES.len() - 1;
    let patch = json!([{
        "oldStart": 1, "oldLines": before + old.lines().count(),
        "newStart": 1, "newLines": before + new.lines().count(),
        "lines": kept.chain(removed).chain(added).collect::<Vec<_>>(),
    }]);
    Outcome {
        content: json!(format!("The file {file} has been updated successfully.")),
        structured: json!({
            "filePath": file, "oldString": old, "newString": new, "originalFile": NOTES.join("\n") + "\n",
            "structuredPatch": patch, "userModified": false, "replaceAll": false,
        }),
    }
}

fn answered(input: &Value) -> Outcome {
    let given = input["answers"].as_object().into_iter().flatten();
    let told = given.map(|(question, answer)| format!("{question:?}={answer}")).collect::<Vec<_>>().join(", ");
    Outcome {
        content: json!(format!("Your questions have been answered: {told}.")),
        structured: json!({"questions": input["questions"], "answers": input["answers"]}),
    }
}

fn answers(input: &Value) -> Vec<String> {
    let given = input["answers"].as_object().into_iter().flatten();
    let answers: Vec<String> =
        given.map(|(_, answer)| answer.as_str().map_or_else(|| answer.to_string(), str::to_owned)).collect();
    if answers.is_empty() { vec!["nothing".to_owned()] } else { answers }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_shows_the_change_that_the_person_agreed_to() {
        let input = json!({"file_path": "/w/notes.md", "old_string": OLD_LINE, "new_string": "- one\n- two"});
        let patch = &Tool::Edit.run(&input).structured["structuredPatch"][0];
        let lines = [" # Notes", " ", " - Try the demo", "-- Read the README", "+- one", "+- two"];
        assert_eq!((&patch["oldLines"], &patch["newLines"], &patch["lines"]), (&json!(4), &json!(5), &json!(lines)));
    }

    #[test]
    fn an_answer_is_taken_up() {
        let input = json!({"questions": [], "answers": {QUESTION: "Ahoy"}});
        assert!(Tool::Ask.report(&input).contains("**Ahoy**"));
        assert_eq!(Tool::Ask.run(&input).structured["answers"][QUESTION], "Ahoy");
    }

    #[test]
    fn an_edit_asks_unless_edits_are_accepted() {
        assert!(Tool::Edit.question("default").is_some());
        assert!(Tool::Edit.question("acceptEdits").is_none());
        assert!(Tool::Ask.question("bypassPermissions").is_some_and(|question| question.needs_person));
    }
}
