//! What the process tells the test: one JSON object per line, appended in one write each.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::invocation::Invocation;

/// The log; clones write to the same file.
#[derive(Clone)]
pub(crate) struct Log {
    file: Option<Arc<File>>,
    start: u32,
}

impl Log {
    pub(crate) fn open(path: Option<&Path>, start: u32) -> Result<Self, String> {
        let open = |path: &Path| OpenOptions::new().create(true).append(true).open(path);
        let file = path.map(open).transpose().map_err(|error| format!("cannot open the log: {error}"))?;
        Ok(Self { file: file.map(Arc::new), start })
    }

    pub(crate) fn started(&self, invocation: &Invocation) {
        let files: Map<String, Value> =
            invocation.files().map(|(flag, path)| (flag.to_owned(), describe(Path::new(path)))).collect();
        self.write(json!({
            "event": "started", "pid": std::process::id(), "argv": invocation.argv, "env": invocation.env,
            "cwd": std::env::current_dir().unwrap_or_default(), "files": files,
        }));
    }

    pub(crate) fn received(&self, line: &Value) {
        self.write(json!({"event": "received", "line": line}));
    }

    pub(crate) fn ended(&self, how: &str) {
        self.write(json!({"event": "ended", "how": how}));
    }

    fn write(&self, mut entry: Value) {
        entry["start"] = self.start.into();
        if let Some(mut file) = self.file.as_deref() {
            // The test has gone where its folder has; there is nobody to tell.
            drop(file.write_all(format!("{entry}\n").as_bytes()));
        }
    }
}

fn describe(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mode = std::fs::metadata(path).map(|metadata| metadata.permissions().mode() & 0o777).unwrap_or_default();
    json!({"path": path, "text": text, "mode": format!("{mode:o}")})
}
