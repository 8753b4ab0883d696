//! What the scripted CLI is to do.

use std::fs;

use serde_json::json;

/// The program.
pub(crate) const SCRIPTED_CLI: &str = env!("CARGO_BIN_EXE_scripted-cli");

/// A script for the scripted CLI, in a folder of its own.
pub(crate) struct Script {
    pub(crate) folder: tempfile::TempDir,
}

impl Script {
    /// So many texts of so many deltas, in one turn.
    pub(crate) fn deltas(count: u64, per_second: Option<u64>, texts: usize) -> Self {
        let deltas = json!({"deltas": {"count": count, "text": "word ", "perSecond": per_second}});
        // A thought between two texts keeps them apart.
        let parts: Vec<_> =
            vec![deltas; texts].into_iter().flat_map(|part| [part, json!({"thinking": "so"})]).collect();
        Self::turn(&parts)
    }

    /// A tool call that is asked for so many times.
    pub(crate) fn questions(count: usize) -> Self {
        let call = json!({"tool": {"id": "t1", "name": "Bash", "input": {"command": "make"}}});
        let round = [json!({"askPermission": "t1"}), json!({"expect": {"type": "control_response"}})];
        let parts: Vec<_> = std::iter::once(call).chain(vec![round; count].into_iter().flatten()).collect();
        Self::turn(&parts)
    }

    /// One turn of these steps, in answer to a message.
    pub(crate) fn turn(parts: &[serde_json::Value]) -> Self {
        let turn = json!({"turn": {"content": parts}});
        let folder = tempfile::tempdir().unwrap();
        let steps = format!("{{\"expect\":{{\"type\":\"user\"}}}}\n{turn}\n");
        fs::write(folder.path().join("script.ndjson"), steps).unwrap();
        Self { folder }
    }

    pub(crate) fn env(&self) -> Vec<(String, String)> {
        let path = self.folder.path().join("script.ndjson");
        vec![("SCRIPTED_CLI".to_owned(), path.to_string_lossy().into_owned())]
    }
}
