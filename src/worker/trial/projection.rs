//! From a few tried rows to the whole run. Pure. Estimates, not money that was spent, so that roots and logarithms may
//! be floating.
//!
//! **Cost.** With costs `c_1 … c_n` of the tried rows, their mean `m` and standard deviation `s` (divided by n - 1),
//! `N` rows will cost `N m`, and with 95 % confidence between `N (m - t s / √n)` and `N (m + t s / √n)`, where `t` is the
//! 97.5 % quantile of Student's distribution with n - 1 degrees of freedom.
//!
//! **Output cap.** Lengths of answers are taken for log-normal. With the mean `μ` and deviation `σ` of their logarithms,
//! the next answer is longer than `L` with the probability that Student's distribution with n - 1 degrees of freedom
//! gives to more than `(ln L - μ) / (σ √(1 + 1/n))`. The proposal is the smallest multiple of 8 for which that is at most
//! one in a hundred, and at least a quarter above the longest answer seen.

use std::f64::consts::PI;

use crate::link::{CapProposal, Projection};
use crate::money::Usd;

/// Quantiles at 97.5 % for 1 to 4 degrees of freedom.
const T_975: [f64; 4] = [12.706_205, 4.302_653, 3.182_446, 2.776_445];
const CUT_SHARE_MAX: f64 = 0.01;
const CAP_STEP: u32 = 8;
const CAP_MIN: u32 = 16;
const CAP_MAX: u32 = 1_000_000;

/// `None` for fewer than two costs: one says nothing of how they vary.
pub fn projection(costs: &[Usd], rows: u32) -> Option<Projection> {
    let t = T_975.get(costs.len().checked_sub(2)?)?;
    let of = costs.len() as f64;
    let picos: Vec<f64> = costs.iter().map(|cost| cost.pico() as f64).collect();
    let mean = picos.iter().sum::<f64>() / of;
    let half = t * deviation(&picos, mean) / of.sqrt();
    let whole = |each: f64| Usd::from_pico((each.max(0.0) * f64::from(rows)).round() as i128);
    Some(Projection {
        rows,
        of: costs.len() as u32,
        mean: whole(mean),
        low: whole(mean - half),
        high: whole(mean + half),
    })
}

/// `cut`: answers that the present cap `cap` cut off; `lengths` hold them too.
pub fn cap_proposal(lengths: &[u32], cut: u32, cap: Option<u32>) -> Option<CapProposal> {
    let seen_max = *lengths.iter().max()?;
    if cut > 0 {
        let tokens = round_up(cap.unwrap_or(seen_max).saturating_mul(2).max(seen_max));
        return Some(CapProposal { tokens, seen_max, cut, cut_share_ppm: None });
    }
    if !(2..=T_975.len() + 1).contains(&lengths.len()) {
        return None;
    }
    let mut tokens = round_up((seen_max + seen_max.div_ceil(4)).max(CAP_MIN));
    while tokens < CAP_MAX && share_above(tokens, lengths) > CUT_SHARE_MAX {
        tokens = round_up(tokens + (tokens / 16).max(1));
    }
    let cut_share_ppm = Some((share_above(tokens, lengths) * 1e6).round() as u32);
    Some(CapProposal { tokens, seen_max, cut, cut_share_ppm })
}

fn round_up(tokens: u32) -> u32 {
    tokens.div_ceil(CAP_STEP) * CAP_STEP
}

/// The share of answers longer than `tokens`.
fn share_above(tokens: u32, lengths: &[u32]) -> f64 {
    let logs: Vec<f64> = lengths.iter().map(|length| f64::from((*length).max(1)).ln()).collect();
    let of = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / of;
    let spread = deviation(&logs, mean) * (1.0 + 1.0 / of).sqrt();
    let above = f64::from(tokens).ln() - mean;
    if spread == 0.0 {
        return if above > 0.0 { 0.0 } else { 1.0 };
    }
    1.0 - student(above / spread, lengths.len() - 1)
}

fn deviation(values: &[f64], mean: f64) -> f64 {
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() as f64 - 1.0)).sqrt()
}

/// Student's distribution function, in its closed forms for one to four degrees of freedom.
fn student(t: f64, freedom: usize) -> f64 {
    let r = t / (freedom as f64).sqrt();
    let q = 1.0 + r * r;
    match freedom {
        1 => 0.5 + t.atan() / PI,
        2 => 0.5 + r / (2.0 * q.sqrt()),
        3 => 0.5 + (r / q + r.atan()) / PI,
        _ => 0.5 + (3.0 / 4.0) * (r / q.sqrt() - (r / q.sqrt()).powi(3) / 3.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantiles_are_those_of_the_distribution() {
        for (place, t) in T_975.into_iter().enumerate() {
            assert!((student(t, place + 1) - 0.975).abs() < 1e-6, "{place}");
            assert!((student(-t, place + 1) - 0.025).abs() < 1e-6, "{place}");
        }
        assert!((student(3.746_947, 4) - 0.99).abs() < 1e-6);
    }

    #[test]
    fn a_projection_by_hand() {
        let costs: Vec<Usd> = [10, 12, 8, 11, 9].map(Usd::from_pico).to_vec();
        // Mean 10, deviation 1.5811, half width 2.776445 x 1.5811 / 2.2361 = 1.96324.
        let made = projection(&costs, 1_000_000).unwrap();
        assert_eq!((made.mean, made.of), (Usd::from_pico(10_000_000), 5));
        assert_eq!((made.low.pico() / 100, made.high.pico() / 100), (80_367, 119_632));
        assert_eq!(projection(&costs[..1], 10), None);
        let wide = projection(&[Usd::from_pico(1), Usd::from_pico(9)], 100).unwrap();
        assert_eq!(wide.low, Usd::ZERO, "no run costs less than nothing");
    }

    #[test]
    fn a_cap_leaves_room_and_says_what_it_would_cut() {
        let same = cap_proposal(&[3, 3, 3, 3, 3], 0, Some(64)).unwrap();
        assert_eq!((same.tokens, same.seen_max, same.cut_share_ppm), (16, 3, Some(0)));
        let spread = cap_proposal(&[40, 60, 90, 55, 120], 0, Some(512)).unwrap();
        assert!(spread.tokens >= 150 && spread.tokens.is_multiple_of(8), "{spread:?}");
        assert!(spread.cut_share_ppm.unwrap() <= 10_000, "{spread:?}");
        assert!(share_above(spread.tokens - spread.tokens / 8, &[40, 60, 90, 55, 120]) > CUT_SHARE_MAX);
        let cut = cap_proposal(&[16, 4, 16], 2, Some(16)).unwrap();
        assert_eq!((cut.tokens, cut.cut, cut.cut_share_ppm), (32, 2, None));
        assert_eq!(cap_proposal(&[], 0, None), None);
    }
}
