//! The statistics against independent implementations: `accuracy/reference.py` made the tables.

use pennybatch::accuracy::{Confusion, Discordant, wilson};
use serde_json::Value;

const TABLES: usize = 1_000;

fn near(ours: Option<f64>, theirs: &Value, what: &str) {
    let near = match (ours, theirs.as_f64()) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-9,
        (ours, theirs) => ours.is_none() && theirs.is_none(),
    };
    assert!(near, "{what}: {ours:?} here, {theirs} there");
}

#[test]
fn all_figures_are_those_of_scipy_statsmodels_and_scikit_learn() {
    let file: Value = serde_json::from_str(include_str!("accuracy/tables.json")).expect("JSON");
    let tables = file["tables"].as_array().expect("a list");
    assert_eq!(tables.len(), TABLES);
    for (place, table) in tables.iter().enumerate() {
        let mut confusion = Confusion::default();
        for pair in table["pairs"].as_array().expect("pairs") {
            let [truth, given] = [0, 1].map(|side| pair[side].as_str().expect("a label"));
            for _ in 0..pair[2].as_u64().expect("a count") {
                confusion.add(truth, given);
            }
        }
        let interval = wilson(confusion.right(), confusion.rows());
        near(interval.map(|interval| interval.low), &table["wilson"][0], &format!("{place} Wilson, low"));
        near(interval.map(|interval| interval.high), &table["wilson"][1], &format!("{place} Wilson, high"));
        near(confusion.kappa(), &table["kappa"], &format!("{place} kappa"));
        let labels = confusion.labels();
        let theirs = table["labels"].as_array().expect("labels");
        assert_eq!(labels.len(), theirs.len(), "{place}");
        for (ours, theirs) in labels.iter().zip(theirs) {
            assert_eq!(Some(ours.label.as_str()), theirs[0].as_str());
            near(ours.precision(), &theirs[1], &format!("{place} precision of {}", ours.label));
            near(ours.recall(), &theirs[2], &format!("{place} recall of {}", ours.label));
        }
        let [only_first, only_second] = [0, 1].map(|side| table["discordant"][side].as_u64().expect("a count") as u32);
        let p = Discordant { only_first, only_second }.p_value();
        near(Some(p), &table["mcnemar"], &format!("{place} McNemar {only_first} {only_second}"));
    }
}
