//! `sessions export` and `sessions import`

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::commands::report;
use crate::commands::terminal::screen::{Progress, Screen, counted};
use crate::error::{Error, Result};
use crate::protocol::session::{ExportFormat, ImportConflict, ImportOutcome, SessionImportParams, SessionImportResult};
use crate::service::{Service, TakenOver, Takeover};

/// Export a session: as Markdown to be read, or as JSON with all that is stored, which `import` takes back.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The session.
    #[arg(value_name = "ID")]
    id: String,
    /// In what form; default: by the name of the file, else Markdown. --json is the same as --format=json.
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// The file to write, readable for you alone; default: stdout.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write over a file that is there.
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Markdown,
    Json,
}

/// Import sessions that were exported as JSON, or all conversations that you had with the Claude CLI itself (--claude).
///
/// A session keeps its id. The same again changes nothing; one that is here already and is not the same is an error
/// without --replace. Of the Claude CLI's own transcripts, another import takes only what is new; sessions that
/// claude-bridge runs itself are not doubled, and what was deleted stays so.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The files; `-` is stdin.
    #[arg(value_name = "FILE", required_unless_present = "claude")]
    files: Vec<PathBuf>,
    /// Import the Claude CLI's own transcripts, from the folder where it keeps them or from DIR.
    #[arg(
        long, value_name = "DIR", num_args = 0..=1, require_equals = true,
        conflicts_with_all = ["files", "cwd", "replace", "trust_archive"]
    )]
    claude: Option<Option<PathBuf>>,
    /// Also those that were deleted here.
    #[arg(long, requires = "claude")]
    with_deleted: bool,
    /// The folder that the sessions work in from now on; default: the one that they worked in.
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
    /// Put it in the place of one that is here already and is not the same.
    #[arg(long)]
    replace: bool,
    /// Take over power mode, granted permissions and MCP servers, too. Only for what you exported yourself.
    #[arg(long)]
    trust_archive: bool,
}

pub(super) async fn export(args: ExportArgs, service: &Service, json: bool) -> Result<ExitCode> {
    let named_json = args
        .output
        .as_deref()
        .and_then(Path::extension)
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let format = match args.format {
        Some(Format::Markdown) => ExportFormat::Markdown,
        Some(Format::Json) => ExportFormat::Json,
        None if json || named_json => ExportFormat::Json,
        None => ExportFormat::Markdown,
    };
    let id = service.find_session(&args.id).await?;
    let document = service.export_session(id, format).await?;
    match &args.output {
        None => Screen::stdout().write(&document.content)?,
        Some(file) => write(file, &document.content, args.force)?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn import(args: ImportArgs, service: &Service, json: bool) -> Result<ExitCode> {
    if let Some(projects) = args.claude {
        return take_over(Takeover { projects, with_deleted: args.with_deleted }, service, json).await;
    }
    let cwd = args.cwd.as_deref().map(absolute).transpose()?;
    let on_conflict = if args.replace { ImportConflict::Replace } else { ImportConflict::Fail };
    let mut screen = Screen::stdout();
    let mut results = Vec::new();
    for file in &args.files {
        let content = read(file)?;
        let params = SessionImportParams { content, cwd: cwd.clone(), on_conflict, trust: args.trust_archive };
        let result = service.import_session(params).await.map_err(|error| explain(&error, file))?;
        if !json {
            screen.write(&told(&result))?;
        }
        results.push(result);
    }
    if json {
        screen.json(&serde_json::json!({ "imported": results }))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn take_over(takeover: Takeover, service: &Service, json: bool) -> Result<ExitCode> {
    let mut progress = Progress::default();
    let taken = service.take_over(takeover, |done, total| progress.draw(done, total)).await?;
    for line in &taken.broken {
        report(&format!("claude-bridge: skipped a broken line: {line}"));
    }
    let TakenOver { found, imported, updated, unchanged, own, deleted, empty, messages, broken } = taken;
    let mut screen = Screen::stdout();
    if json {
        screen.json(&serde_json::json!({
            "found": found, "imported": imported, "updated": updated, "unchanged": unchanged, "own": own,
            "deleted": deleted, "empty": empty, "messages": messages, "brokenLines": broken,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = format!("Found {}: {imported} imported, {updated} updated", counted(found, "conversation"));
    for (count, what) in [
        (unchanged, "unchanged"),
        (own, "of claude-bridge's own"),
        (deleted, "deleted before (--with-deleted brings them back)"),
        (empty, "empty"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {count} {what}"));
        }
    }
    if !broken.is_empty() {
        text.push_str(&format!(", {}", counted(broken.len(), "broken line")));
    }
    screen.write(&format!("{text}; new messages: {messages}.\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn told(result: &SessionImportResult) -> String {
    let done = match result.outcome {
        ImportOutcome::Imported => "Imported",
        ImportOutcome::Unchanged => "Here already, unchanged:",
        ImportOutcome::Replaced => "Replaced",
    };
    let mut text = format!("{done} {} ({})\n", result.session.id, result.session.title);
    if !result.left_out.is_empty() {
        let left_out = result.left_out.join(", ");
        text.push_str(&format!("  left out: {left_out} (--trust-archive takes over what can be)\n"));
    }
    text
}

/// The same, with the file, and the flag where the protocol names a parameter.
fn explain(error: &Error, file: &Path) -> Error {
    let message = format!("{}: {}", file.display(), error.message().trim_start_matches("content: "));
    let explained = Error::new(error.kind(), message);
    let data = error.to_data();
    match data.hint {
        Some(hint) if hint.contains("onConflict") => {
            explained.hint("--replace has the file's instead; export the one that is here first")
        }
        Some(hint) if hint.contains("give cwd") => {
            explained.hint("--cwd names the folder on this machine that it is to work in")
        }
        Some(hint) if hint.contains("session/export") => {
            explained.hint("give what `claude-bridge sessions export --format json` wrote")
        }
        Some(hint) => explained.hint(hint),
        None => explained,
    }
}

fn absolute(path: &Path) -> Result<String> {
    let absolute = std::path::absolute(path);
    let absolute = absolute.map_err(|error| Error::invalid_params(format!("--cwd: {}: {error}", path.display())))?;
    let text = absolute.to_str().map(str::to_owned);
    text.ok_or_else(|| Error::invalid_params(format!("--cwd: {} is not UTF-8", path.display())))
}

fn read(file: &Path) -> Result<String> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        io::stdin().read_to_string(&mut text).map(drop)
    } else {
        fs::read_to_string(file).map(|content| text = content)
    };
    read.map(|()| text).map_err(|error| Error::invalid_params(format!("{} cannot be read: {error}", file.display())))
}

fn write(file: &Path, content: &str, force: bool) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600).create(true);
    let options = if force { options.truncate(true) } else { options.create_new(true) };
    options.open(file).and_then(|mut opened| opened.write_all(content.as_bytes())).map_err(|error| {
        let hint =
            if error.kind() == io::ErrorKind::AlreadyExists { "--force writes over it" } else { "name another file" };
        Error::invalid_params(format!("{} cannot be written: {error}", file.display())).hint(hint)
    })
}
