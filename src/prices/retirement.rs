//! Models that their vendors switch off: when that is, and what is said of it.

use crate::prices::{Model, all, date_utc};
use crate::time::{Time, day_in_words};

/// How long before its end a model carries its date.
const NOTICE_MS: u64 = 90 * 86_400_000;

/// How a model stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retirement {
    /// It stays, as far as its vendor has said, or for longer than the notice.
    Stays,
    /// It will be switched off within 90 days.
    Soon,
    /// It has been switched off.
    Retired,
}

impl Model {
    pub fn retirement(&self, now: Time) -> Retirement {
        match self.retires_on {
            Some(day) if day <= now => Retirement::Retired,
            Some(day) if day <= now.after_ms(NOTICE_MS) => Retirement::Soon,
            _ => Retirement::Stays,
        }
    }

    pub fn is_retired(&self, now: Time) -> bool {
        self.retirement(now) == Retirement::Retired
    }

    /// The vendor's model to use instead, by its id: the one that the vendor names, or where that is switched off too,
    /// its successor in turn.
    pub fn successor(&self, now: Time) -> Option<&str> {
        let mut next = self.successor.as_deref()?;
        // A vendor's chain is short; one that leads back to its beginning leads nowhere.
        for _ in 0..8 {
            let known = all().iter().find(|other| other.vendor == self.vendor && other.id == next);
            match known.filter(|known| known.is_retired(now)) {
                Some(retired) => next = retired.successor.as_deref()?,
                None => return Some(next),
            }
        }
        None
    }

    /// `retires 14 Jan 2027, then gpt-6-luna`; `None` where nothing is to be said.
    pub fn retirement_words(&self, now: Time) -> Option<String> {
        let day = day_in_words(&date_utc(self.retires_on?));
        let (then, instead) = match self.successor(now) {
            Some(next) => (format!(", then {next}"), format!(", now {next}")),
            None => Default::default(),
        };
        match self.retirement(now) {
            Retirement::Stays => None,
            Retirement::Soon => Some(format!("retires {day}{then}")),
            Retirement::Retired => Some(format!("retired {day}{instead}")),
        }
    }

    /// The same as a whole sentence.
    pub fn retirement_sentence(&self, now: Time) -> Option<String> {
        let day = day_in_words(&date_utc(self.retires_on?));
        let vendor = self.vendor_name();
        let next = self.successor(now).map(|next| format!(" Its successor is {next}.")).unwrap_or_default();
        match self.retirement(now) {
            Retirement::Stays => None,
            Retirement::Soon => Some(format!("{vendor} switches {} off on {day}.{next}", self.id)),
            Retirement::Retired => Some(format!("{vendor} switched {} off on {day}.{next}", self.id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::find;

    const DAY_MS: u64 = 86_400_000;

    #[test]
    fn a_model_carries_its_date_for_ninety_days_and_is_retired_from_its_first_moment_on() {
        let model = find("gpt-4o-mini").unwrap();
        let day = model.retires_on.unwrap();
        let before = |ms: u64| Time(day.ms() - ms);
        assert_eq!(date_utc(day), "2027-01-14");
        assert_eq!(model.retirement(before(90 * DAY_MS + 1)), Retirement::Stays);
        assert_eq!(model.retirement(before(90 * DAY_MS)), Retirement::Soon);
        assert_eq!(model.retirement(before(1)), Retirement::Soon);
        assert_eq!(model.retirement(day), Retirement::Retired);
        let words = |at| model.retirement_words(at).unwrap_or_default().replace('\u{a0}', " ");
        assert_eq!(words(before(90 * DAY_MS + 1)), "");
        assert_eq!(words(before(1)), "retires 14 Jan 2027, then gpt-6-luna");
        assert_eq!(words(day), "retired 14 Jan 2027, now gpt-6-luna");
        let sentence = model.retirement_sentence(day).unwrap_or_default().replace('\u{a0}', " ");
        assert_eq!(sentence, "OpenAI switched gpt-4o-mini off on 14 Jan 2027. Its successor is gpt-6-luna.");
    }

    #[test]
    fn a_successor_that_is_switched_off_too_is_passed_over() {
        let model = find("devstral-2512").unwrap();
        let gone = find("mistral-medium-3-5").unwrap().retires_on.unwrap();
        assert_eq!(model.successor(Time(gone.ms() - 1)), Some("mistral-medium-3-5"));
        assert_eq!(model.successor(gone), None);
    }
}
