//! Values that tests of the page begin with.

use crate::link::*;
use crate::money::Usd;
use crate::ui::store::{DeskAction, Field, Form, FormAction};

pub fn asked(message: ToWorker) -> DeskAction {
    DeskAction::Asked(message)
}

pub fn heard(message: ToPage) -> DeskAction {
    DeskAction::Heard(message)
}

pub fn refused(place: Place) -> DeskAction {
    heard(ToPage::Refused(Problem { place, message: "No.".to_owned() }))
}

pub fn typed(form: &Form, field: Field, text: &str) -> Form {
    form.after(&FormAction::Typed(0, field, text.to_owned().into()))
}

pub fn usd(text: &str) -> Usd {
    Usd::parse(text).expect("an amount")
}

pub fn progress() -> Progress {
    Progress {
        state: RunState::Running,
        total: 5_000,
        done: 500,
        succeeded: 498,
        errored: 2,
        canceled: 0,
        stopped: false,
        exported: 0,
        cache_hits: 47,
        misfits: 0,
        in_flight: 15,
        backing_off: 0,
        attempts: 470,
        retries: 3,
        reasked: 0,
        rate_limited: 1,
        spent: usd("0.0081"),
        reserved: usd("0.0004"),
        doubtful: Usd::ZERO,
        doubtful_attempts: 0,
        doubtful_answers: 0,
        cut_off: 0,
        overshoot: Usd::ZERO,
        budget: None,
        projected: Some(usd("0.081")),
        input_tokens: 30_000,
        output_tokens: 1_500,
        waiting: None,
        rate_milli: 30_000,
        priced: true,
        lanes: Vec::new(),
        batch: None,
    }
}

pub fn summary() -> DataSummary {
    DataSummary {
        name: "products.csv".to_owned(),
        bytes: 15_200.0,
        rows: 500,
        columns: vec!["id".to_owned(), "price".to_owned(), "name".to_owned()],
        format: Format::Csv { delimiter: b',' },
        encoding: "UTF-8".to_owned(),
        duplicate_rows: 46,
        skipped: Vec::new(),
        notes: Vec::new(),
        id_faults: Vec::new(),
        id_column: Some("id".to_owned()),
        head: vec![vec!["SKU-001".to_owned(), "2.99".to_owned(), "Organic Baby Spinach 5oz".to_owned()]],
    }
}

pub fn setup() -> Setup {
    let setup = serde_json::json!({
        "system": "", "user": "{{name}}", "provider": Provider::Demo, "base_url": "", "model": "gpt-4o-mini",
        "limits": Limits::default(), "max_retries": 4, "use_cache": true, "demo": DemoSettings::default(),
    });
    serde_json::from_value(setup).expect("a setup")
}

/// A run that was just opened.
pub fn opened(run: &str) -> DeskAction {
    let (run, needs_keys, notes) = (run.to_owned(), vec![true, false], Vec::new());
    heard(ToPage::Opened { run, setup: setup(), data: summary(), progress: progress(), needs_keys, notes })
}
