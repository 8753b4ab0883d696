//! `claude-bridge schema`: the published form of the protocol, generated from the types that the server itself uses.

mod generate;
mod openrpc;
mod resources;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::report;
use crate::error::{Error, Result};
use crate::rpc::table::Description;

/// Arguments of the command.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The folder to write to; it is made where it does not exist.
    #[arg(long, value_name = "DIR", default_value = "schemas")]
    out: PathBuf,
    /// Write nothing; name the files that are missing, differ, or should not be there, and fail if there are any.
    #[arg(long)]
    check: bool,
}

/// Writes or checks the documents.
///
/// # Errors
/// `internalError` where a file cannot be read or written, or the types contradict each other.
pub fn run(args: &SchemaArgs, methods: &[Description]) -> Result<ExitCode> {
    let documents = documents(methods)?;
    if !args.check {
        write(&args.out, &documents)?;
        return Ok(ExitCode::SUCCESS);
    }
    let differences = differences(&args.out, &documents)?;
    for difference in &differences {
        report(difference);
    }
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The text of every document, by file name. The same types and methods give the same bytes.
///
/// # Errors
/// `internalError` where the types contradict each other.
pub fn documents(methods: &[Description]) -> Result<BTreeMap<String, String>> {
    let mut documents = BTreeMap::new();
    for (name, document) in resources::documents()? {
        documents.insert(format!("{name}.json"), pretty(&document)?);
    }
    documents.insert("openrpc.json".to_owned(), pretty(&openrpc::document(methods)?)?);
    Ok(documents)
}

fn pretty(document: &Value) -> Result<String> {
    serde_json::to_string_pretty(document)
        .map(|text| text + "\n")
        .map_err(|error| Error::internal(format!("a schema cannot be written as JSON: {error}")))
}

fn write(folder: &Path, documents: &BTreeMap<String, String>) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| failed("make the folder", folder, &error))?;
    for (name, text) in documents {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| failed("write", &path, &error))?;
    }
    Ok(())
}

/// A line for each file in `folder` that is not as it should be.
fn differences(folder: &Path, documents: &BTreeMap<String, String>) -> Result<Vec<String>> {
    let mut differences = Vec::new();
    for (name, text) in documents {
        let path = folder.join(name);
        match fs::read_to_string(&path) {
            Ok(found) if found == *text => {}
            Ok(_) => differences.push(format!("{} differs from the code", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                differences.push(format!("{} is missing", path.display()));
            }
            Err(error) => return Err(failed("read", &path, &error)),
        }
    }
    for name in json_files(folder)?.into_iter().filter(|name| !documents.contains_key(name)) {
        differences.push(format!("{} describes nothing any more", folder.join(name).display()));
    }
    Ok(differences)
}

/// The names of the JSON files in `folder`, sorted; none where there is no such folder.
fn json_files(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| failed("read", folder, &error))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| failed("read", folder, &error))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| name.ends_with(".json"));
    names.sort();
    Ok(names)
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::internal(format!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
