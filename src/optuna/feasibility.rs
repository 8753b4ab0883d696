//! Which trials violate a constraint.
//!
//! Optuna keeps constraints among a trial's system attributes: a list under `constraints`, since version 5 a number
//! under `constraints:NAME`. Each is satisfied at zero or below.

use rusqlite::Connection;

use super::decode;

const CONSTRAINTS: &str = "SELECT trial_id, value_json FROM trial_system_attributes \
     WHERE key = 'constraints' OR (key > 'constraints:' AND key < 'constraints;')";

/// The trials of a file that have constraints, or violate one. Sorted by id.
#[derive(Debug, Default)]
pub(super) struct Feasibility {
    constrained: Vec<i64>,
    infeasible: Vec<i64>,
}

impl Feasibility {
    pub(super) fn read(db: &Connection) -> rusqlite::Result<Self> {
        let mut found = Self::default();
        let mut statement = db.prepare(CONSTRAINTS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let trial = row.get(0)?;
            found.constrained.push(trial);
            if !is_satisfied(&decode::text(row.get_ref(1)?)) {
                found.infeasible.push(trial);
            }
        }
        for ids in [&mut found.constrained, &mut found.infeasible] {
            ids.sort_unstable();
            ids.dedup();
        }
        Ok(found)
    }

    pub(super) fn allows(&self, trial: i64) -> bool {
        self.infeasible.binary_search(&trial).is_err()
    }

    /// Whether the file has any constraints at all.
    pub(super) fn is_empty(&self) -> bool {
        self.constrained.is_empty()
    }

    /// How many of these trials violate a constraint; `None` where none of them has any.
    pub(super) fn infeasible_among(&self, trials: &[i64]) -> Option<u64> {
        let has_any = trials.iter().any(|trial| self.constrained.binary_search(trial).is_ok());
        has_any.then(|| trials.iter().filter(|trial| !self.allows(**trial)).count() as u64)
    }
}

/// Whether a constraint, or each one of a list, is at zero or below. What is no number is not.
fn is_satisfied(json: &str) -> bool {
    let list = json.trim().trim_start_matches('[').trim_end_matches(']').trim();
    list.is_empty() || list.split(',').all(|value| matches!(value.trim().parse::<f64>(), Ok(value) if value <= 0.0))
}

#[cfg(test)]
mod tests {
    use super::is_satisfied;

    #[test]
    fn constraints_hold_at_zero_or_below() {
        for json in ["[]", "[-1.0]", "[0.0, -3e5]", "0", "-0.0", "[-Infinity]"] {
            assert!(is_satisfied(json), "{json}");
        }
        for json in ["[1e-9]", "[-1.0, 2.0]", "Infinity", "[NaN]", "null", "\"x\"", "[[1]]"] {
            assert!(!is_satisfied(json), "{json}");
        }
    }
}
