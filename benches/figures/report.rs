//! The table.

/// Prints one figure, beside what it is compared with and the target.
pub(crate) fn figure(what: &str, ours: &str, compared: &str, target: &str) {
    println!("| {what} | {ours} | {compared} | {target} |");
}
