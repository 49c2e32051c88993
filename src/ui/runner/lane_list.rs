//! The lanes of an open run: what each does, waits for or stopped at, and how to resume it.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{Command, LaneProgress, LaneState, Provider, Secret, Setup, ToWorker, lane_name};
use crate::money::grouped;
use crate::provider::{Auth, origin};
use crate::time::Time;
use crate::ui::parts::{Button, TextField, TextKind};
use crate::ui::runner::form_field::lane_label;
use crate::ui::runner::words::{counted, wake_words};
use crate::ui::store::{Field, OpenRun, under_way};

#[derive(Properties, PartialEq)]
pub struct LaneListProps {
    pub open: OpenRun,
    pub now: Time,
    pub send: Callback<ToWorker>,
}

/// Nothing where there is one lane: the run's own words tell of it.
#[component]
pub fn LaneList(props: &LaneListProps) -> Html {
    let open = &props.open;
    if open.setup.more_lanes.is_empty() {
        return Html::default();
    }
    let running = under_way(&open.progress.state);
    let lanes = open.progress.lanes.iter().enumerate();
    html! {
        <ul class="lane-list" aria-label="Lanes">
            {
                for lanes.map(|(lane, progress)| {
                    let needs_key = open.needs_keys.get(lane).copied().unwrap_or(false);
                    let setup = Rc::new(open.setup.of_lane(lane));
                    let answered = open.breakdown.answered.get(lane).copied().unwrap_or(0);
                    html! {
                        <Lane key={lane} {lane} {setup} progress={progress.clone()} {answered} {needs_key} {running}
                            words={lane_words(progress, needs_key, running, props.now)} send={props.send.clone()} />
                    }
                })
            }
        </ul>
    }
}

#[derive(Properties, PartialEq)]
struct LaneProps {
    lane: usize,
    setup: Rc<Setup>,
    progress: LaneProgress,
    answered: u32,
    needs_key: bool,
    running: bool,
    words: AttrValue,
    send: Callback<ToWorker>,
}

#[component]
fn Lane(props: &LaneProps) -> Html {
    let LaneProps { lane, progress, .. } = props;
    let lane = *lane;
    let key = use_state(AttrValue::default);
    let on_input = {
        let key = key.clone();
        Callback::from(move |typed: AttrValue| key.set(typed))
    };
    let on_key = {
        let (key, send) = (key.clone(), props.send.clone());
        Callback::from(move |()| {
            let secret = Some(Secret::new(&key));
            key.set(AttrValue::default());
            send.emit(ToWorker::SetKey { lane: lane as u8, key: secret });
        })
    };
    let on_resume = props.send.reform(move |()| ToWorker::Run(Command::ResumeLane { lane: lane as u8 }));
    let stopped = matches!(progress.state, LaneState::Stopped(_));
    let takes_key = props.setup.provider.preset().auth != Auth::None && (props.needs_key || stopped);
    html! {
        <li class={classes!("lane", stopped.then_some("lane--stopped"))}>
            <p class="lane__name">
                <strong>{ lane_name(lane) }</strong>
                <span class="soft">{ format!(" {} · {}", props.setup.model, host(&props.setup)) }</span>
            </p>
            <p class="lane__figures">
                { counted(props.answered.into(), "answer", "answers") }{ " · " }{ progress.spent.short() }{ " · " }
                { format!("{} of {} in flight", progress.in_flight, grouped(&progress.limits.concurrency.to_string())) }
            </p>
            <p class="lane__state" role={stopped.then_some("alert")}>{ &props.words }</p>
            if takes_key || (stopped && props.running) {
                <div class="go-on">
                    if takes_key {
                        <TextField label={lane_label(Field::ApiKey, lane)} kind={TextKind::Secret} value={(*key).clone()}
                            hint="Stays in this tab's memory." {on_input} />
                        <Button disabled={key.trim().is_empty()} label={format!("Use key for lane {}", lane + 1)}
                            on_press={on_key}>{ "Use key" }</Button>
                    }
                    if stopped && props.running {
                        <Button label={format!("Resume lane {}", lane + 1)} on_press={on_resume}>{ "Resume" }</Button>
                    }
                </div>
            }
        </li>
    }
}

/// What the lane does, waits for, or stopped at.
pub fn lane_words(progress: &LaneProgress, needs_key: bool, running: bool, now: Time) -> AttrValue {
    let words = match (&progress.state, progress.waiting) {
        (LaneState::Stopped(failure), _) => format!("Stopped: {}", failure.sentence()),
        _ if needs_key => "Keys aren't stored. Enter it again, or the run continues without this lane.".into(),
        _ if !running => "Not sending.".into(),
        (LaneState::WarmingUp, _) => {
            "The first call goes alone, so that the others find the prompt in the provider's cache.".into()
        }
        (_, Some(wake)) => wake_words(wake, now),
        _ if progress.in_flight > 0 => {
            format!("Waiting for {}.", counted(progress.in_flight.into(), "answer", "answers"))
        }
        _ => "Ready.".into(),
    };
    words.into()
}

fn host(setup: &Setup) -> String {
    let named = setup.provider.preset().name.to_owned();
    match setup.provider {
        Provider::OpenAiCompatible => origin(&setup.base_url).unwrap_or(named),
        _ => named,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Failure, FailureKind, Limits, Wake, WakeReason};
    use crate::money::Usd;

    #[test]
    fn a_lane_says_what_it_does() {
        let failure = Failure {
            kind: FailureKind::WrongKey,
            status: Some(401),
            message: "no".to_owned(),
            retry_after_ms: None,
            request_id: None,
        };
        let lane = LaneProgress {
            state: LaneState::Ready,
            waiting: None,
            in_flight: 3,
            slots: 15,
            attempts: 10,
            rate_limited: 0,
            spent: Usd::ZERO,
            limits: Limits::default(),
        };
        let words = |lane: &LaneProgress, needs_key, running| lane_words(lane, needs_key, running, Time(0)).to_string();
        assert_eq!(words(&lane, false, true), "Waiting for 3 answers.");
        let waiting = Some(Wake { at: Time(5_000), reason: WakeReason::RequestsPerMinute });
        let resting = LaneProgress { waiting, ..lane.clone() };
        assert_eq!(words(&resting, false, true), "Waiting for requests per minute: next call in 5 s.");
        let stopped = LaneProgress { state: LaneState::Stopped(failure), ..lane.clone() };
        assert!(words(&stopped, false, true).starts_with("Stopped: The provider refused the key (401)."));
        assert!(words(&lane, true, false).contains("Enter it again"));
    }
}
