//! The real Claude CLI, at the version that `tests/cli/package.json` pins.

use std::path::{Path, PathBuf};

use super::api::Api;

/// The pinned executable, which `tests/run` installs.
pub(crate) fn path() -> PathBuf {
    let platform = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "darwin-x64",
        ("macos", "aarch64") => "darwin-arm64",
        (os, arch) => panic!("tests/cli/package.json pins no Claude CLI for {os} on {arch}"),
    };
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/node_modules/@anthropic-ai");
    let path = modules.join(format!("claude-code-{platform}/claude"));
    assert!(path.is_file(), "no Claude CLI at {}: run tests/run, which installs it", path.display());
    path
}

/// The environment that lets it work with no network and no account, against the stand-in API, in folders of its own.
pub(crate) fn environment(api: &Api, home: &Path) -> Vec<(String, String)> {
    let config_dir = home.join(".claude");
    [
        ("ANTHROPIC_API_KEY", "sk-ant-test"),
        ("ANTHROPIC_BASE_URL", &api.url()),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ("CLAUDE_CODE_MAX_RETRIES", "2"),
        ("CLAUDE_CONFIG_DIR", &config_dir.to_string_lossy()),
        ("DISABLE_AUTOUPDATER", "1"),
        ("DISABLE_ERROR_REPORTING", "1"),
        ("DISABLE_TELEMETRY", "1"),
        ("HOME", &home.to_string_lossy()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
