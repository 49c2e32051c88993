//! Moments. Pure rooms never read a clock: they are handed one of these.

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub u64);

impl Time {
    pub const fn from_ms(ms: u64) -> Time {
        Time(ms)
    }

    pub const fn ms(self) -> u64 {
        self.0
    }

    pub const fn after_ms(self, ms: u64) -> Time {
        Time(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to here; zero where `earlier` is later.
    pub const fn ms_since(self, earlier: Time) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A stretch of time in words: `450 ms`, `3.4 s`, `7.5 min`, `2 h 5 min`, `2 d 3 h`.
pub fn in_words(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        // What rounds to a whole minute or hour is told as one.
        1_000..59_950 => with_tenth(ms, 1_000, "s"),
        59_950..3_597_000 => with_tenth(ms, 60_000, "min"),
        3_597_000..172_800_000 => two(ms, 3_600_000, "h", 60_000, "min"),
        _ => two(ms, 86_400_000, "d", 3_600_000, "h"),
    }
}

fn with_tenth(ms: u64, unit: u64, name: &str) -> String {
    let tenths = (ms * 10 + unit / 2) / unit;
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        tenth => format!("{}.{tenth} {name}", tenths / 10),
    }
}

fn two(ms: u64, unit: u64, name: &str, small: u64, small_name: &str) -> String {
    let smalls = ms.saturating_add(small / 2) / small;
    let per = unit / small;
    match smalls % per {
        0 => format!("{} {name}", smalls / per),
        rest => format!("{} {name} {rest} {small_name}", smalls / per),
    }
}

/// `2026-11-30` as a person writes it: `30 Nov 2026`, on one line. Other text stays as it is.
pub fn day_in_words(date: &str) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts[..] else { return date.to_owned() };
    let name = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    match name {
        Some(name) => format!("{}\u{a0}{name}\u{a0}{year}", day.trim_start_matches('0')),
        None => date.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_reads_as_a_person_writes_it() {
        assert_eq!(day_in_words("2026-11-30"), "30\u{a0}Nov\u{a0}2026");
        assert_eq!(day_in_words("2026-01-05"), "5\u{a0}Jan\u{a0}2026");
        assert_eq!(day_in_words("2026-13-05"), "2026-13-05");
        assert_eq!(day_in_words("soon"), "soon");
    }

    #[test]
    fn durations_read_as_a_person_says_them() {
        for (ms, words) in [
            (450, "450 ms"),
            (1_500, "1.5 s"),
            (450_000, "7.5 min"),
            (59_949, "59.9 s"),
            (59_950, "1 min"),
            (3_596_999, "59.9 min"),
            (3_597_000, "1 h"),
            (7_500_000, "2 h 5 min"),
            (15_000_000, "4 h 10 min"),
            (90_000_000, "25 h"),
            (183_600_000, "2 d 3 h"),
        ] {
            assert_eq!(in_words(ms), words);
        }
    }
}
