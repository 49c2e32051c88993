//! What `Check connection` found, a line for each lane.

use std::rc::Rc;

use yew::prelude::*;

use crate::link::{ConnectionReport, Setup, lane_name};
use crate::ui::parts::{Disclosure, Notice, Tone};
use crate::ui::store::{Endpoint, Field, Form};

/// One lane's part of a check.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneChecked {
    /// What its address lists.
    pub models: Vec<String>,
    /// `None`: the key or the model is another one by now, so what was found no longer holds.
    pub found: Option<Found>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub ok: bool,
    pub message: AttrValue,
    pub other_causes: Vec<String>,
}

/// What a lane was checked with.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tested {
    key: AttrValue,
    model: AttrValue,
}

impl Tested {
    /// Lane by lane, as the form has them now.
    pub fn now(form: &Form) -> Vec<Tested> {
        let own = |lane: &Endpoint| Tested { key: lane.text(Field::ApiKey), model: lane.text(Field::Model) };
        form.endpoints.iter().map(own).collect()
    }
}

/// What holds of the reports, lane by lane; `None` where the address is another one by now.
pub fn still_true(
    reports: &[ConnectionReport],
    tested: &[Tested],
    setup: &Setup,
    form: &Form,
) -> Rc<Vec<Option<LaneChecked>>> {
    let now = Tested::now(form);
    let of_lane = |lane: usize| {
        let report = reports.get(lane).filter(|report| report.base_url == setup.of_lane(lane).base_url)?;
        let same = tested.get(lane) == now.get(lane);
        Some(LaneChecked {
            models: report.models.clone(),
            found: same.then(|| Found {
                ok: report.ok,
                message: report.message.clone().into(),
                other_causes: report.other_causes.clone(),
            }),
        })
    };
    Rc::new((0..now.len()).map(of_lane).collect())
}

#[derive(Properties, PartialEq)]
pub struct ConnectionNoteProps {
    pub checked: Rc<Vec<Option<LaneChecked>>>,
}

#[component]
pub fn ConnectionNote(props: &ConnectionNoteProps) -> Html {
    let several = props.checked.len() > 1;
    let found = props.checked.iter().enumerate();
    let found = found.filter_map(|(lane, checked)| Some((lane, checked.as_ref()?.found.as_ref()?)));
    let notes = found.map(|(lane, found)| {
        html! {
            <Notice key={lane} tone={if found.ok { Tone::Good } else { Tone::Error }}>
                <p>
                    if several {
                        <strong>{ lane_name(lane) }</strong>{ ": " }
                    }
                    { &found.message }
                </p>
                if !found.other_causes.is_empty() {
                    <Disclosure id={format!("other-causes-{lane}")} label="Other causes">
                        <ul>{ for found.other_causes.iter().map(|cause| html! { <li>{ cause }</li> }) }</ul>
                    </Disclosure>
                }
            </Notice>
        }
    });
    html! { { for notes } }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::ui::runner::parse::prompts_and_endpoints;
    use crate::ui::store::FormAction;

    fn typed(form: &Form, field: Field, text: &str) -> Form {
        form.after(&FormAction::Typed(0, field, AttrValue::from(text.to_owned())))
    }

    fn report(ok: bool, message: &str) -> ConnectionReport {
        let models = vec!["gpt-4o-mini".to_owned()];
        let other_causes = if ok { Vec::new() } else { vec!["The moon.".to_owned()] };
        ConnectionReport {
            base_url: "https://a.example/v1".to_owned(),
            ok,
            message: message.to_owned(),
            other_causes,
            models,
        }
    }

    async fn drawn(reports: &[ConnectionReport], tested: &Form, form: &Form) -> String {
        let checked = still_true(reports, &Tested::now(tested), &prompts_and_endpoints(form), form);
        let renderer =
            yew::LocalServerRenderer::<ConnectionNote>::with_props(ConnectionNoteProps { checked }).hydratable(false);
        renderer.render().await
    }

    #[tokio::test]
    async fn each_lane_has_its_line_until_its_key_is_another() {
        let form = Form::default().after(&FormAction::Provider(0, crate::link::Provider::OpenAiCompatible));
        let one = typed(&typed(&form, Field::BaseUrl, "https://a.example/v1"), Field::ApiKey, "first");
        let html = drawn(&[report(true, "Yes.")], &one, &one).await;
        assert!(html.contains("Yes.") && !html.contains("Lane"), "{html}");

        let two = one.after(&FormAction::AddLane);
        let reports = [report(true, "Yes."), report(false, "No.")];
        let html = drawn(&reports, &two, &two).await;
        let plain = html.replace("<strong>", "").replace("</strong>", "");
        assert!(plain.contains("Lane 1: Yes.") && plain.contains("Lane 2: No."), "{plain}");
        assert_eq!((plain.matches("Other causes").count(), plain.matches("The moon.").count()), (1, 1), "{plain}");

        let mended = two.after(&FormAction::Typed(1, Field::ApiKey, "second".into()));
        let html = drawn(&reports, &two, &mended).await;
        assert!(html.contains("Yes.") && !html.contains("No."), "{html}");
        let moved = typed(&two, Field::BaseUrl, "https://b.example/v1");
        assert!(!drawn(&reports, &two, &moved).await.contains("Yes."));
    }
}
