//! Rows drawn at random: the same ones for the same seed, for ever.

use std::collections::BTreeMap;

/// `count` of the rows that `strata` describes (a name for each, such as its right answer), in file order. Every stratum
/// gets its share, by largest remainders; within one, the rows with the smallest hashes of seed and place are drawn.
/// A run is opened again by its seed, so the drawing never changes.
pub fn draw(strata: &[&str], count: usize, seed: u64) -> Vec<u32> {
    let mut of: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (row, name) in strata.iter().enumerate() {
        of.entry(name).or_default().push(row as u32);
    }
    let rows: Vec<u64> = of.values().map(|rows| rows.len() as u64).collect();
    let shares = shares(&rows, count as u64);
    let mut drawn: Vec<u32> = Vec::new();
    for (share, mut rows) in shares.into_iter().zip(of.into_values()) {
        rows.sort_by_key(|row| (mixed(seed, *row), *row));
        drawn.extend(&rows[..share as usize]);
    }
    drawn.sort_unstable();
    drawn
}

/// What each stratum gives to `count`, by largest remainders. In 64 bits: a product of two counts of rows is beyond
/// what 32 hold.
fn shares(rows: &[u64], count: u64) -> Vec<u64> {
    let all: u64 = rows.iter().sum();
    let count = count.min(all);
    let mut shares: Vec<u64> = rows.iter().map(|rows| count * rows / all).collect();
    let left = count - shares.iter().sum::<u64>();
    let mut by_rest: Vec<usize> = (0..rows.len()).collect();
    by_rest.sort_by_key(|place| std::cmp::Reverse(count * rows[*place] % all));
    // There are no more left than strata with a remainder, and those have rows to spare.
    for place in by_rest.into_iter().take(left as usize) {
        shares[place] += 1;
    }
    shares
}

/// SplitMix64: Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators.
fn mixed(seed: u64, row: u32) -> u64 {
    let mut z = seed.wrapping_add((u64::from(row) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_rows_for_ever() {
        let rows = vec![""; 1_000];
        assert_eq!(draw(&rows, 6, 7), draw(&rows, 6, 7));
        assert_ne!(draw(&rows, 6, 7), draw(&rows, 6, 8));
        // Kept runs depend on it.
        assert_eq!(draw(&vec![""; 20], 5, 42), GOLDEN);
    }

    const GOLDEN: [u32; 5] = [1, 4, 15, 16, 18];

    #[test]
    fn every_stratum_gets_its_share() {
        let names: Vec<&str> = (0..1_000).map(|row| if row % 10 == 0 { "rare" } else { "usual" }).collect();
        let drawn = draw(&names, 100, 1);
        assert_eq!(drawn.len(), 100);
        assert_eq!(drawn.iter().filter(|row| **row % 10 == 0).count(), 10);
        assert!(drawn.is_sorted());
        let few = draw(&["a", "b", "c"], 2, 1);
        assert_eq!(few.len(), 2);
        assert_eq!(draw(&["a", "b"], 9, 1), [0, 1]);
        assert_eq!(draw(&[], 9, 1), [] as [u32; 0]);
    }

    #[test]
    fn shares_of_a_large_file_are_exact() {
        // 10^11 and more: a page counts in 32 bits elsewhere.
        assert_eq!(shares(&[999_990, 10], 500_000), [499_995, 5]);
        assert_eq!(shares(&[400_000, 300_000, 300_000], 100_001), [40_001, 30_000, 30_000]);
        assert_eq!(shares(&[2, 1], 9), [2, 1]);
        assert_eq!(shares(&[], 9), [] as [u64; 0]);
    }

    #[test]
    fn the_drawing_favours_no_place() {
        let rows = vec![""; 100];
        let mut drawn = [0_u32; 100];
        for seed in 0..2_000 {
            draw(&rows, 10, seed).iter().for_each(|row| drawn[*row as usize] += 1);
        }
        // 200 each are expected, with a deviation of 13.
        assert!(drawn.iter().all(|times| (140..260).contains(times)), "{drawn:?}");
    }
}
