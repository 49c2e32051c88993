//! How the simulated provider behaves, adjustable before and during a run.

use yew::prelude::*;

use crate::link::DemoSettings;
use crate::ui::parts::{Disclosure, TextField, TextKind};

const LATENCY_MS_MAX: u32 = 60_000;
const PPM: f64 = 1e6;

#[derive(Properties, PartialEq)]
pub struct DemoFieldsProps {
    pub demo: DemoSettings,
    pub on_demo: Callback<DemoSettings>,
}

#[component]
pub fn DemoFields(props: &DemoFieldsProps) -> Html {
    let demo = &props.demo;
    let latency = {
        let demo = demo.clone();
        props.on_demo.reform(move |latency_ms: u32| DemoSettings { latency_ms, ..demo.clone() })
    };
    let errors = {
        let demo = demo.clone();
        props.on_demo.reform(move |errors_ppm: u32| DemoSettings { errors_ppm, ..demo.clone() })
    };
    let refusals = {
        let demo = demo.clone();
        props.on_demo.reform(move |rate_limited_ppm: u32| DemoSettings { rate_limited_ppm, ..demo.clone() })
    };
    html! {
        <Disclosure label="How the Demo behaves">
            <div class="step__fields">
                <Setting label="Demo latency" unit="ms" value={demo.latency_ms} read={Reading::Milliseconds} on_value={latency} />
                <Setting label="Demo errors" unit="%" value={demo.errors_ppm} read={Reading::Percent} on_value={errors} />
                <Setting label="Demo 429s" unit="%" value={demo.rate_limited_ppm} read={Reading::Percent} on_value={refusals} />
            </div>
        </Disclosure>
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Reading {
    Milliseconds,
    Percent,
}

#[derive(Properties, PartialEq)]
struct SettingProps {
    label: AttrValue,
    unit: AttrValue,
    value: u32,
    read: Reading,
    on_value: Callback<u32>,
}

/// Takes effect as soon as it can be read; until then it says what is wrong, and the last good value holds.
#[component]
fn Setting(props: &SettingProps) -> Html {
    let text = use_state(|| AttrValue::from(written(props.read, props.value)));
    let read = read(props.read, &text);
    let error = read.is_none().then(|| AttrValue::from(complaint(props.read)));
    let on_input = {
        let (text, on_value, reading) = (text.clone(), props.on_value.clone(), props.read);
        Callback::from(move |typed: AttrValue| {
            if let Some(value) = self::read(reading, &typed) {
                on_value.emit(value);
            }
            text.set(typed);
        })
    };
    html! {
        <TextField label={props.label.clone()} kind={TextKind::Number} unit={props.unit.clone()} value={(*text).clone()}
            {error} {on_input} />
    }
}

fn written(reading: Reading, value: u32) -> String {
    match reading {
        Reading::Milliseconds => value.to_string(),
        Reading::Percent => (f64::from(value) / PPM * 100.0).to_string(),
    }
}

fn read(reading: Reading, text: &str) -> Option<u32> {
    let text = text.trim();
    match reading {
        Reading::Milliseconds => text.parse::<u32>().ok().filter(|ms| (1..=LATENCY_MS_MAX).contains(ms)),
        Reading::Percent => {
            let percent = text.parse::<f64>().ok().filter(|percent| (0.0..=100.0).contains(percent))?;
            Some((percent / 100.0 * PPM).round() as u32)
        }
    }
}

fn complaint(reading: Reading) -> &'static str {
    match reading {
        Reading::Milliseconds => "Takes whole milliseconds from 1 to 60,000.",
        Reading::Percent => "Takes a number from 0 to 100.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_read_what_they_write() {
        for value in [0, 5_000, 20_000, 1_000_000] {
            assert_eq!(read(Reading::Percent, &written(Reading::Percent, value)), Some(value));
        }
        assert_eq!(read(Reading::Milliseconds, "400"), Some(400));
        for wrong in ["", "0", "-1", "1.5", "70000"] {
            assert_eq!(read(Reading::Milliseconds, wrong), None, "{wrong}");
        }
        for wrong in ["", "101", "-1", "x", "NaN"] {
            assert_eq!(read(Reading::Percent, wrong), None, "{wrong}");
        }
    }
}
