//! What of an archive holds on this machine: the folder, and what somebody else may not decide.

use std::collections::BTreeMap;
use std::path::Path;

use crate::claude::moved_transcript;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::archive::SessionArchive;
use crate::protocol::session::{McpServer, Mode};
use crate::service::Service;
use crate::service::launch::check_folder;
use crate::service::tools;

impl Service {
    /// Makes an archive fit this machine: `cwd` is the folder that it works in here. Says what is left out of it.
    ///
    /// # Errors
    /// `invalidParams` where there is no such folder.
    pub(super) async fn fit_in(
        &self,
        mut archive: SessionArchive,
        cwd: Option<String>,
        trust: bool,
    ) -> Result<(SessionArchive, Vec<String>)> {
        let folder = cwd.as_deref().unwrap_or(&archive.session.cwd);
        check_folder(Path::new(folder)).await.map_err(|error| explain(&error))?;
        if let Some(cwd) = cwd.filter(|cwd| *cwd != archive.session.cwd) {
            move_to(&mut archive, cwd).await;
        }
        let left_out = self.leave_out(&mut archive, trust);
        Ok((archive, left_out))
    }

    /// Takes out what widens what Claude may do, or runs programs, unless the archive is trusted; and what cannot work
    /// here.
    fn leave_out(&self, archive: &mut SessionArchive, trust: bool) -> Vec<String> {
        let mut left_out = Vec::new();
        let allows_power = self.inner.launcher.check_mode(Mode::Power).is_ok();
        if archive.session.mode == Mode::Power && !(trust && allows_power) {
            archive.session.mode = Mode::User;
            left_out.push("mode".to_owned());
        }
        if !trust && !archive.grants.is_empty() {
            archive.grants.clear();
            left_out.push("grants".to_owned());
        }
        archive.session.mcp_servers.retain(|name, server| {
            let stays = trust && !lacks_secrets(server) && name != tools::SERVER;
            if !stays {
                left_out.push(format!("mcpServers.{name}"));
            }
            stays
        });
        left_out
    }
}

/// Their values do not leave the machine that they were given on.
fn lacks_secrets(server: &McpServer) -> bool {
    let is_empty = |values: &BTreeMap<String, String>| values.values().any(String::is_empty);
    match server {
        McpServer::Stdio { env, .. } => is_empty(env),
        McpServer::Remote { headers, .. } => is_empty(headers),
    }
}

/// Lets the session work in another folder: the CLI finds transcripts by it, and what Claude was told names it.
async fn move_to(archive: &mut SessionArchive, cwd: String) {
    // The CLI goes by the real path, whatever way leads to it.
    let real = tokio::fs::canonicalize(&cwd).await.unwrap_or_else(|_| cwd.clone().into());
    for part in &mut archive.transcript {
        part.file = moved_transcript(&part.file, &real);
    }
    archive.session.cwd = cwd;
    archive.session.context_hash = None;
    archive.context = None;
}

fn explain(error: &Error) -> Error {
    Error::new(ErrorKind::InvalidParams, error.message().to_owned())
        .hint("give cwd, the absolute path of the folder on this machine that the session is to work in")
}
