//! One run of the history.

use yew::prelude::*;

use crate::link::{Provider, RunSummary};
use crate::money::grouped;
use crate::ui::Route;
use crate::ui::parts::{Button, ButtonKind, ProgressBar};
use crate::ui::runner::words::{doubtful_run_words, rows};

#[derive(Properties, PartialEq)]
pub struct RunEntryProps {
    pub run: RunSummary,
    /// It runs in this tab now.
    pub running: bool,
    /// Another run is under way in this tab, and only one can be open.
    pub blocked: bool,
    pub on_export: Callback<String>,
    pub on_delete: Callback<RunSummary>,
}

#[component]
pub fn RunEntry(props: &RunEntryProps) -> Html {
    let RunEntryProps { run, running, blocked, .. } = props;
    let locked = *blocked || run.busy;
    let why = match (run.busy, blocked) {
        (true, _) => Some("It is open in another tab."),
        (_, true) => Some("Another run is under way in this tab. Pause it first."),
        _ => None,
    };
    let (verb, primary) = match (running, run.finished) {
        (true, _) => ("Watch", ""),
        (_, true) => ("Open", ""),
        (_, false) => ("Resume", "button--primary"),
    };
    let on_export = {
        let (on_export, id) = (props.on_export.clone(), run.run.clone());
        Callback::from(move |()| on_export.emit(id.clone()))
    };
    let on_delete = {
        let (on_delete, run) = (props.on_delete.clone(), run.clone());
        Callback::from(move |()| on_delete.emit(run.clone()))
    };
    html! {
        <li class="run-entry">
            <div>
                <p class="run-entry__name">{ &run.name }</p>
                <p class="soft small">{ origin_words(run) }</p>
                if !run.finished {
                    <ProgressBar label={format!("Progress of {}", run.name)} done={run.done} total={run.total} />
                }
                <p class="small">{ state_words(run, *running) }</p>
                { for run.notes.iter().map(|note| html! { <p class="small soft">{ note }</p> }) }
                if let Some(why) = why {
                    <p class="small soft">{ why }</p>
                }
            </div>
            <div class="row">
                if !locked {
                    <a class={classes!("button", primary)} href={Route::Runner.href(&format!("run={}", run.run))}
                        aria-label={format!("{verb} {}", run.name)}>{ verb }</a>
                }
                <Button label={format!("Export CSV of {}", run.name)} disabled={locked} on_press={on_export}>
                    { "Export CSV" }
                </Button>
                <Button kind={ButtonKind::Danger} label={format!("Delete run {}", run.name)}
                    disabled={locked || *running} on_press={on_delete}>{ "Delete run" }</Button>
            </div>
        </li>
    }
}

fn origin_words(run: &RunSummary) -> String {
    let provider = match run.provider {
        Provider::OpenAiCompatible => "endpoint",
        provider => provider.name(),
    };
    format!("{} · {provider} · {}", run.model, started_words(&run.run))
}

/// When a run was started, of its id: `20261123-154501-x7k2` is `23 Nov 2026, 15:45` on the person's clock.
pub fn started_words(id: &str) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let digits =
        |from: usize, to: usize| id.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let month = digits(4, 6).and_then(|month| MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?));
    match (digits(0, 4), month, digits(6, 8), digits(9, 11), digits(11, 13)) {
        (Some(year), Some(month), Some(day), Some(hour), Some(minute)) => {
            format!("{} {month} {year}, {hour}:{minute}", day.trim_start_matches('0'))
        }
        _ => id.to_owned(),
    }
}

fn state_words(run: &RunSummary, running: bool) -> String {
    let state = match (running, run.finished) {
        (true, _) => "Running",
        (_, true) if run.canceled > 0 => "Stopped",
        (_, true) => "Finished",
        (_, false) => "Unfinished",
    };
    let done = run.done.saturating_sub(run.canceled);
    let mut words = format!("{state}: {} of {} done", grouped(&done.to_string()), rows(run.total.into()));
    for (count, state) in [(run.errored, "failed"), (run.canceled, "not sent")] {
        if count > 0 {
            words.push_str(&format!(", {} {state}", grouped(&count.to_string())));
        }
    }
    words.push_str(&format!(", {} spent", run.spent.short()));
    if let Some(doubtful) = doubtful_run_words(run) {
        words.push_str(&format!("; {doubtful}"));
    }
    format!("{words}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Usd;
    use crate::time::Time;

    #[test]
    fn a_stopped_run_has_done_what_it_came_to() {
        let run = RunSummary {
            run: "20261123-154501-x7k2".into(),
            name: "products.csv".into(),
            provider: Provider::Demo,
            model: "gpt-4o-mini".into(),
            started: Time(1),
            total: 500,
            done: 500,
            errored: 2,
            canceled: 354,
            finished: true,
            spent: Usd::from_pico(8_100_000_000),
            doubtful: Usd::ZERO,
            doubtful_attempts: 0,
            busy: false,
            notes: Vec::new(),
        };
        let words = "Stopped: 146 of 500 rows done, 2 failed, 354 not sent, $0.0081 spent.";
        assert_eq!(state_words(&run, false), words);
        // A run that an earlier version listed.
        let mut listed = serde_json::to_value(&run).unwrap();
        listed.as_object_mut().unwrap().remove("canceled");
        assert_eq!(serde_json::from_value::<RunSummary>(listed).unwrap().canceled, 0);
    }

    #[test]
    fn an_id_tells_when_its_run_began() {
        assert_eq!(started_words("20261123-154501-x7k2"), "23 Nov 2026, 15:45");
        assert_eq!(started_words("20260102-000501-x7k2"), "2 Jan 2026, 00:05");
        assert_eq!(started_words("20261323-154501-x7k2"), "20261323-154501-x7k2", "no such month");
        assert_eq!(started_words("odd"), "odd");
        assert_eq!(started_words("2026112é-154501"), "2026112é-154501");
    }
}
