//! Days of the Gregorian calendar, as the catalogue writes them.

use crate::time::Time;

const DAY_MS: u64 = 86_400_000;

/// The first moment of `YYYY-MM-DD`, in UTC.
pub fn first_moment(date: &str) -> Option<Time> {
    let mut parts = date.split('-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let possible = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if parts.next().is_some() || !possible {
        return None;
    }
    Some(Time(days_since_epoch(year, month, day) * DAY_MS))
}

/// The day of a moment in UTC, as `YYYY-MM-DD`.
pub fn date_utc(at: Time) -> String {
    // Years that begin in March put the leap day last; 146,097 days are 400 years.
    let days = at.ms() / DAY_MS + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn days_since_epoch(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_moments_mean_the_same_day() {
        for (date, day) in [("1970-01-01", 0), ("2000-02-29", 11_016), ("2000-03-01", 11_017), ("2026-12-01", 20_788)] {
            assert_eq!(first_moment(date), Some(Time(day * DAY_MS)), "{date}");
            assert_eq!(date_utc(Time(day * DAY_MS)), date);
            assert_eq!(date_utc(Time(day * DAY_MS + DAY_MS - 1)), date);
        }
        for day in 0..60_000 {
            assert_eq!(first_moment(&date_utc(Time(day * DAY_MS))), Some(Time(day * DAY_MS)));
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "2026-13-01", "2026-12", "2026-12-01-01", "1969-12-31", "tomorrow"] {
            assert_eq!(first_moment(text), None, "{text}");
        }
    }
}
