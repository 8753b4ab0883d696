//! Files and folders that are this user's alone.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a folder, or makes the one that is there private.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    withdraw(folder)
}

/// Opens a file to lock it; makes it where it is missing.
pub(super) fn open(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    private(&mut options);
    let opened = options.open(file)?;
    withdraw(file)?;
    Ok(opened)
}

/// Makes a file, empty, or makes the one that is there private. That one is not even opened: closing it again would
/// drop the locks of every connection that this process has to it (POSIX).
pub(super) fn make_file(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    match options.open(file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => withdraw(file),
        Err(error) => Err(error),
    }
}

/// Takes the rights that others have on what is there; nothing is there where it is missing.
#[cfg(unix)]
pub(super) fn withdraw(path: &Path) -> io::Result<()> {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.permissions().mode(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if mode & 0o077 == 0 {
        return Ok(());
    }
    tracing::info!(path = %path.display(), "others had rights on a part of the history; they are taken away");
    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700))
}

/// The user's own folders are private there.
#[cfg(not(unix))]
pub(super) fn withdraw(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

/// The user's own folders are private there.
#[cfg(not(unix))]
fn private(_: &mut OpenOptions) {}
