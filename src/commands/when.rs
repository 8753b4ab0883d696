//! Points in time, as people type them.

use std::time::Duration;

use serde_json::json;

use crate::time::Timestamp;

/// The longest time back that makes sense, in days: a century.
const LONGEST: u64 = 36_500;

/// Reads a day (`2026-11-27`, from its beginning in UTC), a moment (RFC 3339) or a time back from now (`7d`, `12h`,
/// `30m`).
pub(super) fn when(text: &str) -> Result<Timestamp, String> {
    if let Some(back) = time_back(text) {
        let now = Timestamp::now().as_millis();
        let back = i64::try_from(back.as_millis()).map_err(|error| error.to_string())?;
        return Ok(Timestamp::from_millis(now - back));
    }
    let is_day = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let moment = if is_day { format!("{text}T00:00:00Z") } else { text.to_owned() };
    serde_json::from_value(json!(moment)).map_err(|_| {
        "it is no time: give a day (2026-11-27), a moment (2026-11-27T08:00:00Z) or a time back (7d, 12h)".to_owned()
    })
}

fn time_back(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "d" => 24 * 3600,
        "h" => 3600,
        "m" => 60,
        _ => return None,
    };
    let number: u64 = number.parse().ok()?;
    let all = number.checked_mul(seconds).filter(|all| *all <= LONGEST * 24 * 3600)?;
    Some(Duration::from_secs(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_moments_and_times_back_are_understood() {
        let iso = |text: &str| json!(when(text).unwrap()).as_str().unwrap().to_owned();
        assert_eq!(iso("2026-11-27"), "2026-11-27T00:00:00.000Z");
        assert_eq!(iso("2026-11-27T08:00:00+01:00"), "2026-11-27T07:00:00.000Z");
        let hour_ago = Timestamp::now().since(when("1h").unwrap());
        assert!((3600..3660).contains(&hour_ago.as_secs()), "{hour_ago:?}");
        for nonsense in ["", "d", "yesterday", "2026-13-01", "99999999999999999999d", "999999d", "ü"] {
            assert!(when(nonsense).is_err(), "{nonsense}");
        }
    }
}
