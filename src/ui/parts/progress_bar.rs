//! How far something is.

use yew::prelude::*;

use crate::money::fixed;

#[derive(Properties, PartialEq)]
pub struct ProgressBarProps {
    pub label: AttrValue,
    pub done: u32,
    pub total: u32,
    /// What screen readers say in place of a percentage: `1,200 of 5,000 rows`.
    #[prop_or_default]
    pub text: Option<AttrValue>,
}

/// Drawn as SVG, since its width can't be a style attribute here.
#[component]
pub fn ProgressBar(props: &ProgressBarProps) -> Html {
    let share = f64::from(props.done) / f64::from(props.total.max(1));
    let width = fixed(share.min(1.0) * 100.0, 2) + "%";
    html! {
        <div class="progress-bar" role="progressbar" aria-label={props.label.clone()} aria-valuemin="0"
            aria-valuemax={props.total.to_string()} aria-valuenow={props.done.to_string()}
            aria-valuetext={props.text.clone()}>
            <svg class="progress-bar__track" width="100%" height="100%" aria-hidden="true">
                <rect class="progress-bar__done" width={width} height="100%" />
            </svg>
        </div>
    }
}
