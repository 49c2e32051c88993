//! Every day until the end of 2027: nothing that is offered, recommended or first is switched off on that day.

use pennybatch::estimate::{Workload, by_model, estimate};
use pennybatch::money::Usd;
use pennybatch::prices::{self, Retirement, date_utc};
use pennybatch::time::Time;

/// 30 November 2026.
const TODAY: Time = Time(1_795_996_800_000);
const DAYS: u64 = 396;
const DAY_MS: u64 = 86_400_000;

fn days() -> impl Iterator<Item = Time> {
    (0..=DAYS).map(|day| TODAY.after_ms(day * DAY_MS))
}

#[test]
fn a_recommendation_never_names_a_model_that_is_switched_off() {
    assert_eq!(date_utc(TODAY.after_ms(DAYS * DAY_MS)), "2027-12-31");
    // A budget that none of them keeps, so that a cheaper model is looked for.
    let workload = Workload { budget: Usd::parse("0.1"), calls: 1_000, ..Workload::default() };
    let mut named = 0;
    for now in days() {
        let retired: Vec<&prices::Model> = prices::all().iter().filter(|model| model.is_retired(now)).collect();
        for model in prices::all() {
            let advice = estimate(&workload, model, now).recommendation;
            if model.is_retired(now) {
                let said = &advice.headline;
                assert!(said.contains("can no longer be called"), "{}: {said}", date_utc(now));
                let next = model.successor(now).and_then(|id| prices::find(&format!("{}/{id}", model.vendor)));
                assert!(next.is_none_or(|next| !next.is_retired(now)), "{}: {}", date_utc(now), model.key());
                continue;
            }
            for line in advice.reasons.iter().filter(|line| line.contains("A cheaper model")) {
                named += 1;
                let gone = retired.iter().find(|gone| line.contains(&format!(": {} costs", gone.id)));
                assert!(gone.is_none(), "{}: {line}", date_utc(now));
            }
        }
    }
    assert!(named > 1_000, "{named} recommendations");
}

#[test]
fn a_model_that_is_switched_off_within_ninety_days_says_so_with_the_estimate() {
    for now in days().step_by(7) {
        for model in prices::all() {
            let warnings = estimate(&Workload::default(), model, now).warnings.join(" ");
            let says = warnings.contains(&format!("{} off on", model.id));
            assert_eq!(says, model.retirement(now) != Retirement::Stays, "{} on {}", model.key(), date_utc(now));
        }
    }
}

#[test]
fn the_table_keeps_a_row_for_every_model_on_every_day() {
    for now in days().step_by(30) {
        assert_eq!(by_model(&Workload::default(), "", now).len(), prices::all().len());
    }
}
