//! How often a workload is run, and what that comes to.

use crate::estimate::cost::rounded;
use crate::money::Usd;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Every {
    #[default]
    Once,
    Day,
    Week,
    Month,
}

impl Every {
    pub const ALL: [Every; 4] = [Every::Once, Every::Day, Every::Week, Every::Month];

    /// In the address. Links outlive releases: a key never changes its meaning.
    pub const fn key(self) -> &'static str {
        match self {
            Every::Once => "once",
            Every::Day => "day",
            Every::Week => "week",
            Every::Month => "month",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Every::Once => "once",
            Every::Day => "daily",
            Every::Week => "weekly",
            Every::Month => "monthly",
        }
    }

    pub fn keyed(key: &str) -> Option<Every> {
        Every::ALL.into_iter().find(|every| every.key() == key)
    }

    const fn times_a_year(self) -> Option<u64> {
        match self {
            Every::Once => None,
            Every::Day => Some(365),
            Every::Week => Some(52),
            Every::Month => Some(12),
        }
    }

    /// What one run's cost comes to in a month, a twelfth of a year; `None` where it is run once.
    pub fn a_month(self, cost: Usd) -> Option<Usd> {
        let times = self.times_a_year()?;
        Some(Usd::from_pico(rounded(cost.pico().saturating_mul(times.into()), 12)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_a_twelfth_of_a_year() {
        let a_month = |every: Every| every.a_month(Usd::parse("12").unwrap()).map(|cost| cost.decimals(2));
        assert_eq!(Every::ALL.map(a_month), [None, Some("365.00".into()), Some("52.00".into()), Some("12.00".into())]);
        for every in Every::ALL {
            assert_eq!(Every::keyed(every.key()), Some(every));
        }
    }
}
