//! Figures as people read them: short.

use std::time::Duration;

/// `340`, `1.2k`, `12k`, `1.2M`.
pub(in crate::commands) fn count(number: u64) -> String {
    let tenths = |unit: u64, name: &str| format!("{}.{}{name}", number / unit, number % unit * 10 / unit);
    match number {
        0..1_000 => number.to_string(),
        1_000..10_000 => tenths(1_000, "k"),
        10_000..1_000_000 => format!("{}k", number / 1_000),
        _ => tenths(1_000_000, "M"),
    }
}

/// Small sums to a hundredth of a cent.
pub(in crate::commands) fn cost(usd: f64) -> String {
    if usd < 1.0 { format!("${usd:.4}") } else { format!("${usd:.2}") }
}

/// `2.1 s`, `23 s`, `1 min 5 s`.
pub(in crate::commands) fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0..10 => format!("{seconds}.{} s", milliseconds % 1000 / 100),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// `just now`, `5 min ago`, `3 h ago`, `12 days ago`.
pub(in crate::commands) fn ago(elapsed: Duration) -> String {
    let minutes = elapsed.as_secs() / 60;
    match minutes {
        0 => "just now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        60..1440 => format!("{} h ago", minutes / 60),
        1440..2880 => "yesterday".to_owned(),
        _ => format!("{} days ago", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let counts = [0, 999, 1_000, 1_290, 9_999, 12_900, 999_999, 2_450_000].map(count);
        assert_eq!(counts, ["0", "999", "1.0k", "1.2k", "9.9k", "12k", "999k", "2.4M"]);
        assert_eq!([0.012_34, 1.5].map(cost), ["$0.0123", "$1.50"]);
        assert_eq!([40, 2_190, 23_900, 65_000].map(duration), ["0.0 s", "2.1 s", "23 s", "1 min 5 s"]);
    }

    #[test]
    fn a_time_is_told_as_people_do() {
        let minutes = [0, 5, 130, 1500, 4000].map(|minutes| ago(Duration::from_secs(60 * minutes)));
        assert_eq!(minutes, ["just now", "5 min ago", "2 h ago", "yesterday", "2 days ago"]);
    }
}
