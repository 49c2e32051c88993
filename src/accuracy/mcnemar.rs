//! Whether two models that answered the same rows differ in how often they are right.

/// Below this, a difference is not put down to chance.
const SIGNIFICANT: f64 = 0.05;
/// More rows than this many times what there is are no advice.
const TIMES_MAX: u32 = 10;

/// Rows that only one of two models got right. Rows on which both agree say nothing of the difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Discordant {
    pub only_first: u32,
    pub only_second: u32,
}

impl Discordant {
    /// How likely a split at least this uneven is if the two are equally often right: two-sided, 1 at most.
    ///
    /// McNemar's test in its exact form, a binomial test of the discordant rows. McNemar, Q. (1947): Note on the sampling
    /// error of the difference between correlated proportions or percentages.
    pub fn p_value(self) -> f64 {
        let (less, rows) = (self.only_first.min(self.only_second), self.only_first + self.only_second);
        if rows == 0 {
            return 1.0;
        }
        // ln C(rows, k) - rows ln 2, one term after the other: the terms themselves would pass what a float holds. From
        // the largest term down, so that what is too small to count comes last.
        let mut term = ln_choose(rows, less) - f64::from(rows) * std::f64::consts::LN_2;
        let mut sum = 0.0;
        for k in (0..=less).rev() {
            let part = term.exp();
            sum += part;
            if part < sum * 1e-18 {
                break;
            }
            term += f64::from(k).ln() - f64::from(rows - k + 1).ln();
        }
        (2.0 * sum).min(1.0)
    }

    pub fn differ(self) -> bool {
        self.p_value() < SIGNIFICANT
    }
}

/// How many more labelled rows would tell the two apart, if they went on as in the `rows` labelled so far. `None`: they
/// are told apart already, or more rows than anyone would label would hardly do it.
pub fn rows_to_tell_apart(seen: Discordant, rows: u32) -> Option<u32> {
    if rows == 0 || seen.differ() || seen.only_first == seen.only_second {
        return None;
    }
    let at = |of: u32| {
        let scaled = |count: u32| (u64::from(count) * u64::from(of) / u64::from(rows)) as u32;
        Discordant { only_first: scaled(seen.only_first), only_second: scaled(seen.only_second) }.differ()
    };
    let most = rows.saturating_mul(TIMES_MAX);
    if !at(most) {
        return None;
    }
    // Whole rows make it rise in steps, so the least that does is near what halving finds, and found from there.
    let (mut low, mut high) = (rows, most);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if at(middle) { high = middle } else { low = middle }
    }
    Some(high - rows)
}

/// ln of the binomial coefficient, by the shorter product.
fn ln_choose(of: u32, take: u32) -> f64 {
    let take = take.min(of - take);
    (1..=take).map(|k| (f64::from(of - take + k) / f64::from(k)).ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(only_first: u32, only_second: u32) -> f64 {
        Discordant { only_first, only_second }.p_value()
    }

    #[test]
    fn small_counts_by_hand() {
        assert_eq!((p(0, 0), p(3, 3)), (1.0, 1.0));
        // 2 (1/2)^6, and 2 (1 + 10) / 2^10.
        assert!((p(6, 0) - 2.0 / 64.0).abs() < 1e-15);
        assert!((p(9, 1) - 22.0 / 1024.0).abs() < 1e-15);
        assert_eq!(p(9, 1), p(1, 9));
    }

    #[test]
    fn large_counts_neither_vanish_nor_overflow() {
        let even = p(50_000, 50_100);
        assert!(even > 0.7 && even < 0.8, "{even}");
        assert!(p(60_000, 40_000) < 1e-300);
    }

    #[test]
    fn more_rows_are_advised_only_where_they_help() {
        let seen = Discordant { only_first: 5, only_second: 1 };
        let more = rows_to_tell_apart(seen, 100).expect("a number");
        assert!(!seen.differ() && (20..=100).contains(&more), "{more}");
        let scaled = |count: u32| count * (100 + more) / 100;
        assert!(Discordant { only_first: scaled(5), only_second: scaled(1) }.differ());
        assert_eq!(rows_to_tell_apart(Discordant { only_first: 4, only_second: 4 }, 100), None);
        assert_eq!(rows_to_tell_apart(Discordant { only_first: 20, only_second: 1 }, 100), None, "told apart already");
    }
}
