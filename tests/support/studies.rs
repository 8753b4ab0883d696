//! A folder as the Atomizer profile finds it: studies, and the MCP server's program.

use std::fs;
use std::path::Path;

/// Where the profile looks for its MCP server.
const SERVER: &str = "mcp-server/atomizer-tools/dist/index.js";

/// Makes a root in `folder`: a stand-in for the MCP server, and the study `mirror/bracket`.
pub(crate) fn make_root(folder: &Path) {
    write(folder, SERVER, include_str!("../fixtures/mcp/atomizer.js"));
    let study = folder.join("studies/mirror/bracket");
    write(&study, "1_setup/optimization_config.json", r#"{"study_name": "bracket"}"#);
    write(&study, "README.md", "# Bracket\n");
    let script = "import os, sys\nprint('ran', sys.argv[1:], os.environ.get('ATOMIZER_MODE'), os.getcwd())\n";
    write(&study, "run_optimization.py", script);
    fs::create_dir_all(study.join("3_results/sub")).expect("a folder can be made");
}

/// Writes a file, folders on the way included.
pub(crate) fn write(folder: &Path, path: &str, content: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
    fs::write(path, content).expect("a file can be written");
}
