//! Why nothing is sent, what was kept, and what gets it going again.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{Doubtful, FailureKind, PauseReason, Progress, RunState};
use crate::money::Usd;
use crate::ui::parts::{Button, ButtonKind, Notice, TextField, TextKind, Tone, slug};
use crate::ui::runner::words::{counted, pause_words, rounded_up};
use crate::ui::store::Field;
use crate::ui::store::endpoint::dollars;

/// What the person wants, with a key where one was entered.
#[derive(Clone, Debug, PartialEq)]
pub enum GoOn {
    Resume { key: Option<AttrValue>, doubtful: Option<Doubtful> },
    RaiseBudget(Usd),
}

#[derive(Properties, PartialEq)]
pub struct PauseNoteProps {
    pub reason: PauseReason,
    pub progress: Rc<Progress>,
    pub needs_key: bool,
    /// One lane, whose key is asked for here.
    #[prop_or(true)]
    pub single: bool,
    /// This browser stores runs at all.
    #[prop_or(true)]
    pub stored: bool,
    pub on_go_on: Callback<GoOn>,
}

#[component]
pub fn PauseNote(props: &PauseNoteProps) -> Html {
    let progress = &*props.progress;
    let words = pause_words(&props.reason, progress, props.stored);
    let actions = match &props.reason {
        PauseReason::Budget { needed } => html! {
            <BudgetRaise needed={*needed} projected={progress.projected} on_go_on={props.on_go_on.clone()} />
        },
        reason if asks(reason, progress, props.needs_key, props.single) => html! {
            <Resumption asks_key={props.single && (props.needs_key || is_about_key(reason))} needs_key={props.needs_key}
                progress={props.progress.clone()} on_go_on={props.on_go_on.clone()} />
        },
        _ => Html::default(),
    };
    let tone = match props.reason {
        PauseReason::NotStarted | PauseReason::ByPerson => Tone::Info,
        PauseReason::Budget { .. }
        | PauseReason::Overshoot { .. }
        | PauseReason::OnlyRateLimits
        | PauseReason::Exported { .. }
        | PauseReason::BatchEnded { .. }
        | PauseReason::EmptyAnswers { .. }
        | PauseReason::LongWait { .. } => Tone::Warning,
        PauseReason::NoLane(_)
        | PauseReason::BatchStuck(_)
        | PauseReason::BatchUnsure { .. }
        | PauseReason::Stuck { .. }
        | PauseReason::Storage => Tone::Error,
    };
    html! {
        <Notice {tone} heading={words.title} {actions}>
            <p>{ words.happened }</p>
            <p>{ words.kept }</p>
            <p>{ words.to_do }</p>
        </Notice>
    }
}

/// A pause that the state's own words explain in full.
pub fn needs_no_note(reason: &PauseReason) -> bool {
    matches!(reason, PauseReason::NotStarted | PauseReason::ByPerson)
}

/// Whether something has to be said before the run continues; else the plain button `Resume` is enough.
pub fn asks(reason: &PauseReason, progress: &Progress, needs_key: bool, single: bool) -> bool {
    let budget = matches!(reason, PauseReason::Budget { .. });
    budget || needs_key || progress.cut_off > 0 || (single && is_about_key(reason))
}

/// A browser hides whether an unreachable server disliked the key, so another one may be tried there too.
fn is_about_key(reason: &PauseReason) -> bool {
    let kinds = [FailureKind::WrongKey, FailureKind::QuotaExhausted, FailureKind::Unreachable];
    matches!(reason, PauseReason::NoLane(failure) | PauseReason::BatchStuck(failure) if kinds.contains(&failure.kind))
}

/// `None` while the run isn't paused.
pub fn pause_reason(state: &RunState) -> Option<&PauseReason> {
    match state {
        RunState::Paused(reason) => Some(reason),
        RunState::Running | RunState::Stopping | RunState::Finished => None,
    }
}

#[derive(Properties, PartialEq)]
struct BudgetRaiseProps {
    needed: Usd,
    projected: Option<Usd>,
    on_go_on: Callback<GoOn>,
}

#[component]
fn BudgetRaise(props: &BudgetRaiseProps) -> Html {
    let needed = props.needed;
    let text = use_state(|| AttrValue::from(dollars(suggested(needed, props.projected))));
    let error = use_state(|| None::<AttrValue>);
    let on_input = {
        let text = text.clone();
        Callback::from(move |typed: AttrValue| text.set(typed))
    };
    let on_press = {
        let (text, error, on_go_on) = (text.clone(), error.clone(), props.on_go_on.clone());
        Callback::from(move |()| match raised(&text, needed) {
            Ok(budget) => {
                error.set(None);
                on_go_on.emit(GoOn::RaiseBudget(budget));
            }
            Err(why) => error.set(Some(why.into())),
        })
    };
    html! {
        <div class="go-on">
            <TextField label={NEW_BUDGET} kind={TextKind::Number} unit="USD" value={(*text).clone()}
                echo={Field::Budget.echo(&text).map(AttrValue::from)} error={(*error).clone()} {on_input} />
            <Button kind={ButtonKind::Primary} {on_press}>{ "Raise budget and continue" }</Button>
        </div>
    }
}

const NEW_BUDGET: &str = "New budget";

/// The budget that was typed, if it lets the run go on.
fn raised(text: &str, needed: Usd) -> Result<Usd, String> {
    let range = Field::Budget.range().unwrap_or_default();
    let steps = range.read(NEW_BUDGET, text)?.ok_or_else(|| format!("{NEW_BUDGET} needs a number."))?;
    let budget = range.usd(steps);
    if budget < needed {
        return Err(format!("The next row needs at least {}.", rounded_up(needed).short()));
    }
    Ok(budget)
}

/// Enough for the whole run as it is going, with a tenth to spare, in whole cents.
fn suggested(needed: Usd, projected: Option<Usd>) -> Usd {
    let cent = crate::money::PICO / 100;
    let wanted = projected.map_or(needed, |projected| needed.max(projected)).pico();
    Usd::from_pico((wanted * 11 / 10 + cent - 1) / cent * cent)
}

#[derive(Properties, PartialEq)]
struct ResumptionProps {
    /// Whether a key can be entered, and whether the run has none now.
    asks_key: bool,
    needs_key: bool,
    progress: Rc<Progress>,
    on_go_on: Callback<GoOn>,
}

#[component]
fn Resumption(props: &ResumptionProps) -> Html {
    let key = use_state(AttrValue::default);
    let missing = use_state(|| false);
    let on_input = {
        let key = key.clone();
        Callback::from(move |typed: AttrValue| key.set(typed))
    };
    let resume = |doubtful: Option<Doubtful>| {
        let (key, missing, needs_key, on_go_on) =
            (key.clone(), missing.clone(), props.needs_key, props.on_go_on.clone());
        Callback::from(move |()| {
            let entered = (!key.trim().is_empty()).then(|| AttrValue::from(key.trim().to_owned()));
            missing.set(needs_key && entered.is_none());
            if needs_key && entered.is_none() {
                focus(&slug(Field::ApiKey.label()));
            } else {
                on_go_on.emit(GoOn::Resume { key: entered, doubtful });
            }
        })
    };
    let error = missing.then(|| AttrValue::from("Enter the key again. Keys are never stored."));
    html! {
        <div class="stack">
            if props.asks_key {
                <div class="go-on">
                    <TextField label={Field::ApiKey.label()} kind={TextKind::Secret} value={(*key).clone()} {error}
                        hint="Stays in this tab's memory." {on_input} />
                </div>
            }
            if props.progress.cut_off == 0 {
                <div class="row"><Button kind={ButtonKind::Primary} on_press={resume(None)}>{ "Resume" }</Button></div>
            } else {
                <p>{ cut_off_words(&props.progress) }</p>
                <dl class="choices">
                    <dt><Button kind={ButtonKind::Primary} on_press={resume(Some(Doubtful::SendAgain))}>
                        { "Send again" }</Button></dt>
                    <dd>{ "Every row gets its answer. At worst you pay for these calls twice; that stays counted." }</dd>
                    <dt><Button on_press={resume(Some(Doubtful::LeaveOut))}>{ "Leave out" }</Button></dt>
                    <dd>{ "These rows stay without an answer. The rest of the run continues." }</dd>
                    <dt><Button on_press={resume(Some(Doubtful::CountAsNotBilled))}>{ "Count as not billed" }</Button></dt>
                    <dd>{ not_billed_words(&props.progress) }</dd>
                </dl>
            }
        </div>
    }
}

/// Gives the focus to an element, where what had it is gone.
pub fn refocus(id: &str) {
    let active = gloo_utils::document().active_element();
    if active.is_none_or(|active| active.tag_name() == "BODY") {
        focus(id);
    }
}

/// The amount covers everything that may have been billed, which may be more than these rows.
fn cut_off_words(progress: &Progress) -> String {
    let calls = counted(progress.cut_off.into(), "call was", "calls were");
    let amount = progress.doubtful.short();
    match earlier(progress) {
        0 => format!("{calls} under way when the run was cut off, and may have been billed (up to {amount})."),
        earlier => format!(
            "{calls} under way when the run was cut off, and may have been billed: up to {amount}, with {} from before.",
            counted(earlier.into(), "attempt", "attempts")
        ),
    }
}

/// It settles the earlier attempts too, and says so.
fn not_billed_words(progress: &Progress) -> String {
    match earlier(progress) {
        0 => "You checked the provider's usage page: they weren't billed. They are sent again.".to_owned(),
        earlier => format!(
            "You checked the provider's usage page: neither these calls nor the {} from before were billed. The calls \
             are sent again.",
            counted(earlier.into(), "attempt", "attempts")
        ),
    }
}

/// Attempts that may have been billed, from before the run was cut off.
fn earlier(progress: &Progress) -> u32 {
    progress.doubtful_attempts.saturating_sub(progress.cut_off)
}

/// Moves the focus to a field, so that the person sees what is missing.
pub fn focus(id: &str) {
    let element = gloo_utils::document().get_element_by_id(id);
    if let Some(element) = element {
        let element: web_sys::HtmlElement = wasm_bindgen::JsCast::unchecked_into(element);
        // The error beside the field can be read without it.
        let _ = element.focus();
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::ui::runner::tests::{drawn, progress};

    #[test]
    fn a_budget_is_raised_to_what_was_typed_or_not_at_all() {
        let needed = Usd::parse("0.0101").unwrap();
        for (text, budget) in [("0.50", "0.5"), ("$1,000", "1000"), ("1 000.25", "1000.25")] {
            assert_eq!(raised(text, needed), Ok(Usd::parse(budget).unwrap()), "{text}");
        }
        for (text, why) in [
            ("0,50", "Use a point for decimals: 0.50."),
            ("1.000,50", "Use a point for decimals: 1000.50."),
            ("", "New budget needs a number."),
            ("5e-1", "New budget needs a plain number, without \u{201c}e\u{201d}."),
            ("\u{20ac}5", "New budget needs a plain number, without \u{201c}\u{20ac}\u{201d}."),
            ("0.01", "The next row needs at least $0.0101."),
        ] {
            assert_eq!(raised(text, needed), Err(why.to_owned()), "{text}");
        }
    }

    #[tokio::test]
    async fn the_amount_in_doubt_is_said_to_be_of_earlier_attempts_too() {
        let told = async |doubtful_attempts: u32| {
            let progress =
                Progress { cut_off: 8, doubtful_attempts, doubtful: Usd::parse("0.0136").unwrap(), ..progress() };
            let reason = PauseReason::NotStarted;
            let props = PauseNoteProps {
                reason,
                progress: Rc::new(progress),
                needs_key: false,
                single: true,
                stored: true,
                on_go_on: Callback::noop(),
            };
            drawn::<PauseNote>(props).await
        };
        let html = told(8).await;
        assert!(html.contains("(up to $0.0136)") && !html.contains("from before"), "{html}");
        let html = told(24).await;
        assert!(html.contains("up to $0.0136, with 16 attempts from before"), "{html}");
        assert!(html.contains("nor the 16 attempts from before were billed"), "{html}");
    }
}
