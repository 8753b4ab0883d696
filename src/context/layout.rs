//! Where the parts of a study are. Studies of several ages have several layouts.

use std::path::Path;

/// What says what is optimised: the newest form first, where a study has several.
const CONFIGURATIONS: [&str; 4] = [
    "atomizer_spec.json",
    "1_setup/atomizer_spec.json",
    "optimization_config.json",
    "1_setup/optimization_config.json",
];
/// Where Optuna keeps the trials.
const DATABASES: [&str; 3] = ["3_results/study.db", "2_results/study.db", "optimization_results/study.db"];
const README: &str = "README.md";
const REPORT: &str = "STUDY_REPORT.md";
/// A folder that has one of these is a study, also where nothing else is there yet.
const FOLDERS: [&str; 4] = ["1_setup", "3_results", "2_results", "optimization_results"];

/// The parts of a study that are there, each by its path in the study's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// What says what is optimised.
    pub configuration: Option<&'static str>,
    /// Optuna's database.
    pub database: Option<&'static str>,
    /// What people say of it.
    pub readme: Option<&'static str>,
    /// What came of it.
    pub report: Option<&'static str>,
}

impl Layout {
    /// That of the study in `folder`; `None` where that is no study.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let first_of = |candidates: &[&'static str]| {
            candidates.iter().find(|path| folder.join(path).symlink_metadata().is_ok()).copied()
        };
        let layout = Self {
            configuration: first_of(&CONFIGURATIONS),
            database: first_of(&DATABASES),
            readme: first_of(&[README]),
            report: first_of(&[REPORT]),
        };
        let is_study = layout.configuration.is_some() || FOLDERS.iter().any(|name| folder.join(name).is_dir());
        is_study.then_some(layout)
    }
}
