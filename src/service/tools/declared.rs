//! What a client declares, checked: a tool that the API or the CLI would not take is refused before it does harm. Alone
//! names jsonschema.

use std::sync::Arc;

use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::protocol::tool::ToolDefinition;

/// The longest name: with the prefix it stays within the 64 characters that every API takes.
const NAME_LIMIT: usize = 50;
/// How many problems of a call's arguments the model is told.
const PROBLEMS_SHOWN: usize = 5;
/// What the API does not take at the top of a schema.
const NOT_AT_THE_TOP: [&str; 3] = ["oneOf", "anyOf", "allOf"];

/// A client's tools.
#[derive(Debug, Default)]
pub struct DeclaredTools(Vec<Tool>);

/// A tool, and the check of its arguments.
#[derive(Debug)]
pub(in crate::service) struct Tool {
    pub(in crate::service) definition: ToolDefinition,
    arguments: Validator,
}

impl DeclaredTools {
    /// Checks what a client declared. `place` is where it did.
    ///
    /// # Errors
    /// `invalidParams` that names the tool and what is wrong with it.
    pub fn new(definitions: Vec<ToolDefinition>, place: &str) -> Result<Arc<Self>> {
        let mut tools: Vec<Tool> = Vec::new();
        for (at, definition) in definitions.into_iter().enumerate() {
            let place = format!("{place}[{at}]");
            check_name(&definition.name, &place)?;
            if tools.iter().any(|tool| tool.definition.name == definition.name) {
                return Err(Error::invalid_params(format!("{place}.name: {:?} was declared before", definition.name))
                    .hint("give each tool a name of its own"));
            }
            let arguments = compiled(&definition, &place)?;
            tools.push(Tool { definition, arguments });
        }
        Ok(Arc::new(Self(tools)))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, as they were declared.
    pub(in crate::service) fn definitions(&self) -> impl Iterator<Item = &ToolDefinition> {
        self.0.iter().map(|tool| &tool.definition)
    }

    /// The tool of this name.
    pub(in crate::service) fn find(&self, name: &str) -> Option<&Tool> {
        self.0.iter().find(|tool| tool.definition.name == name)
    }

    /// Whether Claude would see the same.
    pub(in crate::service) fn is_like(&self, other: &Self) -> bool {
        self.definitions().eq(other.definitions())
    }
}

impl Tool {
    /// Checks what the tool is called with.
    ///
    /// # Errors
    /// What is wrong, in words for the model.
    pub(in crate::service) fn check(&self, arguments: &Map<String, Value>) -> std::result::Result<(), String> {
        let arguments = Value::Object(arguments.clone());
        let mut problems = self.arguments.iter_errors(&arguments).peekable();
        if problems.peek().is_none() {
            return Ok(());
        }
        let mut said = format!("The arguments of {} are not what its schema wants:", self.definition.name);
        for problem in problems.by_ref().take(PROBLEMS_SHOWN) {
            // Without the arguments themselves, which may be long.
            let at = problem.instance_path().to_string();
            let at = if at.is_empty() { "the arguments" } else { &at };
            said += &format!("\n- {at}: {}", problem.masked_with("the value"));
        }
        let more = problems.count();
        if more > 0 {
            said += &format!("\n- and {more} more");
        }
        Err(said)
    }
}

fn check_name(name: &str, place: &str) -> Result<()> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if (1..=NAME_LIMIT).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(());
    }
    let message = format!("{place}.name: {name:?} is no name for a tool");
    Err(Error::invalid_params(message).hint(format!("use 1 to {NAME_LIMIT} letters, digits, _ and -")))
}

/// The check that a tool's schema asks for.
fn compiled(definition: &ToolDefinition, place: &str) -> Result<Validator> {
    let (name, schema) = (&definition.name, &definition.input_schema);
    let refuse = |problem: String| Error::invalid_params(format!("{place}.inputSchema of {name}: {problem}"));
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        let hint = r#"begin with {"type": "object", "properties": {…}}"#;
        return Err(refuse("its type is not \"object\"".to_owned()).hint(hint));
    }
    if let Some(key) = NOT_AT_THE_TOP.into_iter().find(|key| schema.contains_key(*key)) {
        let hint = "describe the alternatives in a property, or make them separate tools";
        return Err(refuse(format!("the API does not take {key} at the top of a tool's schema")).hint(hint));
    }
    jsonschema::validator_for(&Value::Object(schema.clone())).map_err(|problem| {
        let at = problem.instance_path().to_string();
        let at = if at.is_empty() { String::new() } else { format!("{at}: ") };
        refuse(format!("it is no JSON Schema: {at}{problem}"))
            .hint("in Lua, an empty table is a list: vim.empty_dict()")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn declare(tools: Value) -> Result<Arc<DeclaredTools>> {
        DeclaredTools::new(serde_json::from_value(tools).unwrap(), "tools")
    }

    fn tool(name: &str, schema: Value) -> Value {
        let mut tool = json!({"name": name, "description": ""});
        tool["inputSchema"] = schema;
        tool
    }

    fn open_file() -> Value {
        let line = json!({"type": "integer", "minimum": 1});
        json!({"type": "object", "properties": {"path": {"type": "string"}, "line": line}, "required": ["path"],
            "additionalProperties": false})
    }

    #[test]
    fn what_is_wrong_with_a_tool_is_said_with_its_place() {
        let object = || json!({"type": "object"});
        for (tools, expected) in [
            (json!([tool("open file", object())]), "tools[0].name: \"open file\" is no name"),
            (json!([tool("", object())]), "tools[0].name: \"\" is no name"),
            (json!([tool(&"x".repeat(51), object())]), "is no name"),
            (json!([tool("a", object()), tool("a", object())]), "tools[1].name: \"a\" was declared before"),
            (json!([tool("a", json!({}))]), "tools[0].inputSchema of a: its type is not \"object\""),
            (json!([tool("a", json!({"type": "string"}))]), "its type is not \"object\""),
            (json!([tool("a", json!({"type": "object", "anyOf": []}))]), "the API does not take anyOf at the top"),
            (json!([tool("a", json!({"type": "object", "properties": []}))]), "no JSON Schema: /properties: "),
            (json!([tool("a", json!({"type": "object", "required": "x"}))]), "no JSON Schema: /required: "),
            (
                json!([tool("a", json!({"type": "object", "properties": {"x": {"$ref": "http://x/y"}}}))]),
                "no JSON Schema",
            ),
        ] {
            let error = declare(tools).unwrap_err();
            assert!(error.message().contains(expected), "{} lacks {expected}", error.message());
        }
        assert!(declare(json!([tool(&"x".repeat(50), object()), tool("get-it_2", object())])).is_ok());
    }

    #[test]
    fn arguments_are_checked_and_the_model_is_told_what_is_wrong_but_not_what_it_said() {
        let tools = declare(json!([tool("open_file", open_file())])).unwrap();
        let check = |arguments: Value| tools.find("open_file").unwrap().check(arguments.as_object().unwrap());
        assert_eq!(check(json!({"path": "src/a.rs", "line": 3})), Ok(()));
        let said = check(json!({"path": "a".repeat(10_000), "line": 0, "column": 1})).unwrap_err();
        assert!(said.starts_with("The arguments of open_file are not what its schema wants:\n- "), "{said}");
        assert!(said.contains("\n- /line: ") && said.contains("'column'") && said.len() < 400, "{said}");
        assert!(check(json!({})).unwrap_err().contains("\"path\" is a required property"));
    }

    #[test]
    fn of_many_problems_some_are_told_and_the_rest_counted() {
        let schema = json!({"type": "object", "additionalProperties": {"type": "string"}});
        let tools = declare(json!([tool("a", schema)])).unwrap();
        let arguments: Map<String, Value> = (0..9).map(|at| (at.to_string(), json!(at))).collect();
        let said = tools.find("a").unwrap().check(&arguments).unwrap_err();
        assert_eq!((said.matches("\n- ").count(), said.ends_with("and 4 more")), (6, true), "{said}");
    }
}
