//! `Decision path`: the questions of the guide, every answer, and the one that this workload gave.

use yew::prelude::*;

use crate::estimate::{Branch, Step, Workload, decision_path};
use crate::prices::Model;
use crate::time::Time;

#[derive(Clone, Properties, PartialEq)]
pub struct DecisionPathProps {
    pub workload: Workload,
    pub model: &'static Model,
    pub now: Time,
}

#[component]
pub fn DecisionPath(props: &DecisionPathProps) -> Html {
    let path = decision_path(&props.workload, props.model, props.now);
    html! {
        <section class="decision" aria-labelledby="decision-path">
            <h3 class="advice__part" id="decision-path">{ "Decision path" }</h3>
            <ol class="decision__steps">{ for path.iter().map(step) }</ol>
        </section>
    }
}

fn step(step: &Step) -> Html {
    html! {
        <li class="decision__step">
            <h4 class="decision__question">{ step.question }</h4>
            <ul class="decision__branches">{ for step.branches.iter().map(branch) }</ul>
            <p class="decision__reason">{ &step.reason }</p>
        </li>
    }
}

fn branch(branch: &Branch) -> Html {
    html! {
        <li class={classes!("decision__branch", branch.taken.then_some("decision__branch--taken"))}>
            <svg class="decision__mark" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                if branch.taken {
                    <circle cx="6" cy="6" r="5" fill="currentColor" />
                } else {
                    <circle cx="6" cy="6" r="4.25" fill="none" stroke="currentColor" stroke-width="1.5" />
                }
            </svg>
            <span>
                { &branch.answer }
                <span class="decision__leads">{ format!(" → {}", branch.leads_to) }</span>
                if branch.taken { <span class="visually-hidden">{ " (taken)" }</span> }
            </span>
        </li>
    }
}
