//! What the CLI is told about the use of a tool, and what it suggests to be told from then on.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The tool by which the model asks the person something.
pub const QUESTION_TOOL: &str = "AskUserQuestion";
/// The tool by which the model presents a plan.
pub const PLAN_TOOL: &str = "ExitPlanMode";

/// A change of what is allowed, in the CLI's own terms. Only what allows is understood, and of the modes only the one
/// that widens nothing but edits, so that nothing else can be kept and given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Grant {
    /// Calls that these rules match need no question.
    AddRules {
        /// The rules.
        rules: Vec<Rule>,
        /// That they allow.
        behavior: Allows,
    },
    /// Claude may work in these folders too.
    AddDirectories {
        /// The folders.
        directories: Vec<String>,
    },
    /// Another permission mode.
    SetMode {
        /// Which.
        mode: GrantedMode,
    },
}

/// A rule of the CLI's. What it matches is the CLI's business.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// The tool.
    pub tool_name: String,
    /// Which of its calls; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_content: Option<String>,
}

/// The one effect of a rule that can be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Allows {
    /// It allows.
    Allow,
}

/// The one mode that can be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GrantedMode {
    /// Edits of files in the working folders need no question.
    AcceptEdits,
}

/// A change that the CLI suggests with a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The change.
    pub grant: Grant,
    /// Whether the CLI would keep it beyond the session, in a settings file.
    pub lasts: bool,
}

impl Suggestion {
    /// Reads the suggestions of a question; those that are not understood are left out.
    pub(super) fn read_all(suggestions: Value) -> Vec<Self> {
        let Value::Array(suggestions) = suggestions else { return Vec::new() };
        suggestions.into_iter().filter_map(Self::read).collect()
    }

    fn read(suggestion: Value) -> Option<Self> {
        let lasts = suggestion.get("destination").is_none_or(|destination| destination != "session");
        let grant = serde_json::from_value(suggestion).ok()?;
        Some(Self { grant, lasts })
    }
}

impl Grant {
    /// What it allows, for people.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::AddRules { rules, .. } => {
                let rules: Vec<String> = rules.iter().map(Rule::label).collect();
                format!("Allow {}", rules.join(", "))
            }
            Self::AddDirectories { directories } => format!("Allow work in {}", directories.join(", ")),
            Self::SetMode { mode: GrantedMode::AcceptEdits } => "Accept all edits".to_owned(),
        }
    }

    /// The change for the process that asked. It goes no further: nothing of ours is written to the CLI's settings
    /// files, whatever it suggested.
    fn for_the_process(&self) -> Value {
        let mut update = json!(self);
        update["destination"] = "session".into();
        update
    }
}

impl Rule {
    fn label(&self) -> String {
        match &self.rule_content {
            Some(content) => format!("{}({content})", self.tool_name),
            None => self.tool_name.clone(),
        }
    }

    /// The rule in one string, as settings files have it. A parenthesis of its content would else end it, and begin
    /// another rule.
    fn in_settings(&self) -> String {
        let Some(content) = &self.rule_content else { return self.tool_name.clone() };
        let escaped = content.replace('\\', r"\\").replace('(', r"\(").replace(')', r"\)");
        format!("{}({escaped})", self.tool_name)
    }
}

/// What was granted before, as a process is given it at its start.
#[derive(Debug, Default)]
pub(super) struct Granted<'a> {
    rules: Vec<String>,
    directories: Vec<&'a str>,
    /// The mode that it begins in, where that is not the default.
    pub(super) mode: Option<GrantedMode>,
}

impl<'a> Granted<'a> {
    pub(super) fn of(grants: &'a [Grant]) -> Self {
        let mut granted = Self::default();
        for grant in grants {
            match grant {
                Grant::AddRules { rules, .. } => granted.rules.extend(rules.iter().map(Rule::in_settings)),
                Grant::AddDirectories { directories } => {
                    granted.directories.extend(directories.iter().map(String::as_str));
                }
                Grant::SetMode { mode } => granted.mode = Some(*mode),
            }
        }
        granted
    }

    /// The settings that say it; `None` where there is nothing to say.
    pub(super) fn settings(&self) -> Option<Value> {
        let mut permissions = Map::new();
        if !self.rules.is_empty() {
            permissions.insert("allow".to_owned(), json!(self.rules));
        }
        if !self.directories.is_empty() {
            permissions.insert("additionalDirectories".to_owned(), json!(self.directories));
        }
        (!permissions.is_empty()).then(|| json!({ "permissions": permissions }))
    }
}

/// The answer that lets a tool be used, with this input: the CLI takes none without it.
#[must_use]
pub fn allow(input: Value, grant: Option<&Grant>) -> Value {
    let mut answer = json!({ "behavior": "allow" });
    answer["updatedInput"] = input;
    if let Some(grant) = grant {
        answer["updatedPermissions"] = json!([grant.for_the_process()]);
    }
    answer
}

/// The answer that does not, with what the model is told.
#[must_use]
pub fn deny(message: &str) -> Value {
    json!({ "behavior": "deny", "message": message })
}

/// The input of a question with its answers, by the question's text.
#[must_use]
pub fn answered(mut input: Value, answers: impl IntoIterator<Item = (String, Vec<String>)>) -> Value {
    // Where several were chosen the CLI wants them in one text.
    let answers: Map<String, Value> =
        answers.into_iter().map(|(question, chosen)| (question, chosen.join(", ").into())).collect();
    if let Value::Object(fields) = &mut input {
        fields.insert("answers".to_owned(), answers.into());
    }
    input
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggested() -> Value {
        json!([
            {"type": "addRules", "rules": [{"toolName": "Bash", "ruleContent": "touch x"}, {"toolName": "Read"}],
             "behavior": "allow", "destination": "localSettings"},
            {"type": "addDirectories", "directories": ["/a"], "destination": "session"},
            {"type": "setMode", "mode": "acceptEdits", "destination": "session"},
        ])
    }

    #[test]
    fn suggestions_are_read_with_how_long_they_would_last() {
        let read = Suggestion::read_all(suggested());
        let told: Vec<_> = read.iter().map(|suggestion| (suggestion.grant.label(), suggestion.lasts)).collect();
        let expected = [("Allow Bash(touch x), Read", true), ("Allow work in /a", false), ("Accept all edits", false)];
        assert_eq!(told, expected.map(|(label, lasts)| (label.to_owned(), lasts)));
    }

    #[test]
    fn what_would_widen_more_than_is_understood_is_not_suggested() {
        let suggestions = json!([
            {"type": "setMode", "mode": "bypassPermissions", "destination": "session"},
            {"type": "addRules", "rules": [{"toolName": "Bash"}], "behavior": "deny", "destination": "session"},
            {"type": "replaceRules", "rules": [], "behavior": "allow", "destination": "session"},
            "nonsense",
        ]);
        assert_eq!(Suggestion::read_all(suggestions), []);
        assert_eq!(Suggestion::read_all(Value::Null), []);
    }

    #[test]
    fn whatever_is_granted_is_told_to_the_process_alone() {
        for suggestion in Suggestion::read_all(suggested()) {
            let answer = allow(json!({"a": 1}), Some(&suggestion.grant));
            assert_eq!(answer["updatedPermissions"][0]["destination"], "session");
            assert_eq!((&answer["behavior"], &answer["updatedInput"]), (&json!("allow"), &json!({"a": 1})));
        }
    }

    #[test]
    fn a_rule_is_one_rule_whatever_its_command_says() {
        let rule = Rule { tool_name: "Bash".into(), rule_content: Some(r"echo \a),Bash(*".into()) };
        let grants = [
            Grant::AddRules { rules: vec![rule], behavior: Allows::Allow },
            Grant::AddDirectories { directories: vec!["/a".into()] },
            Grant::SetMode { mode: GrantedMode::AcceptEdits },
        ];
        let granted = Granted::of(&grants);
        let permissions = json!({"allow": [r"Bash(echo \\a\),Bash\(*)"], "additionalDirectories": ["/a"]});
        assert_eq!(granted.settings(), Some(json!({ "permissions": permissions })));
        assert_eq!(granted.mode, Some(GrantedMode::AcceptEdits));
        assert_eq!(Granted::of(&[]).settings(), None);
    }

    #[test]
    fn what_was_chosen_together_is_one_answer() {
        let input = answered(json!({"questions": []}), [("Which?".to_owned(), vec!["A".to_owned(), "B".to_owned()])]);
        assert_eq!(input, json!({"questions": [], "answers": {"Which?": "A, B"}}));
    }
}
