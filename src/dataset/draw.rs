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
    let count = count.min(strata.len());
    let exact = |rows: usize| (count * rows / strata.len().max(1), count * rows % strata.len().max(1));
    let mut shares: Vec<(usize, usize, Vec<u32>)> = of
        .into_values()
        .map(|rows| {
            let (whole, rest) = exact(rows.len());
            (whole, rest, rows)
        })
        .collect();
    let mut left = count - shares.iter().map(|(whole, ..)| whole).sum::<usize>();
    let mut by_rest: Vec<usize> = (0..shares.len()).collect();
    by_rest.sort_by_key(|place| std::cmp::Reverse(shares[*place].1));
    for place in by_rest {
        if left == 0 {
            break;
        }
        if shares[place].0 < shares[place].2.len() {
            shares[place].0 += 1;
            left -= 1;
        }
    }
    let mut drawn: Vec<u32> = Vec::with_capacity(count);
    for (take, _, mut rows) in shares {
        rows.sort_by_key(|row| (mixed(seed, *row), *row));
        drawn.extend(&rows[..take]);
    }
    drawn.sort_unstable();
    drawn
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
