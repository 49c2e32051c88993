//! The calculator in other people's pages: every `<llm-batch-calculator>` gets one in a shadow root of its own, where
//! the host's styles don't leak in and ours don't leak out. Its attributes are read once.
//! Not here: watching the attributes and telling the host what was computed.

use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, ShadowRootInit, ShadowRootMode};
use yew::prelude::*;

use crate::time::Time;
use crate::ui::calculator::{Action, Calculator, Inputs, decode, escaped};

const TAG: &str = "llm-batch-calculator";

/// The attributes and the keys of the address that mean the same.
const ATTRIBUTES: [(&str, &str); 5] =
    [("model", "model"), ("calls", "calls"), ("input", "in"), ("output", "out"), ("cache", "dup")];

/// With this attribute the page's own query says what the others would: `embed.html?model=gpt-4o&calls=800`.
const ADDRESS: &str = "address";

/// What the shadow root is drawn with; compiled in, so that the host's page needs no second address.
const STYLES: &str = concat!(
    include_str!("../../www/styles/tokens.css"),
    include_str!("../../www/styles/base.css"),
    include_str!("../../www/styles/layout.css"),
    include_str!("../../www/styles/components/advice.css"),
    include_str!("../../www/styles/components/answers.css"),
    include_str!("../../www/styles/components/bar_list.css"),
    include_str!("../../www/styles/components/calculator.css"),
    include_str!("../../www/styles/components/combobox.css"),
    include_str!("../../www/styles/components/cost_by_model.css"),
    include_str!("../../www/styles/components/data_table.css"),
    include_str!("../../www/styles/components/disclosure.css"),
    include_str!("../../www/styles/components/field.css"),
    include_str!("../../www/styles/components/notice.css"),
    include_str!("../../www/styles/components/number_field.css"),
    include_str!("../../www/styles/components/switch.css"),
    include_str!("../../www/styles/components/workload_form.css"),
);

/// Draws a calculator in every element that asks for one and has none yet.
pub fn mount_all() {
    let found = gloo_utils::document().get_elements_by_tag_name(TAG);
    for at in 0..found.length() {
        if let Some(element) = found.item(at).filter(|element| element.shadow_root().is_none()) {
            mount(&element);
        }
    }
}

/// Where the browser refuses, the text inside the tag stays, which is what it is for.
fn mount(element: &Element) {
    let Ok(root) = element.attach_shadow(&ShadowRootInit::new(ShadowRootMode::Open)) else { return };
    let Ok(inside) = gloo_utils::document().create_element("div") else { return };
    // A constructed sheet passes a host's strict style policy, which a <style> element would not.
    let Ok(sheet) = web_sys::CssStyleSheet::new() else { return };
    if sheet.replace_sync(STYLES).is_err() {
        return;
    }
    let sheets = js_sys::Array::of1(&sheet);
    if js_sys::Reflect::set(&root, &JsValue::from_str("adoptedStyleSheets"), &sheets).is_err() {
        return;
    }
    let query = if element.has_attribute(ADDRESS) {
        let search = gloo_utils::window().location().search().unwrap_or_default();
        from_address(search.trim_start_matches('?'))
    } else {
        let given = ATTRIBUTES.iter().filter_map(|(name, key)| Some((*key, element.get_attribute(name)?)));
        given.map(|(key, value)| format!("{key}={}", escaped(&value))).collect::<Vec<_>>().join("&")
    };
    if root.append_child(&inside).is_ok() {
        let props = EmbeddedProps { query: query.into() };
        yew::Renderer::<Embedded>::with_root_and_props(inside.unchecked_into(), props).render();
    }
}

/// Attribute names in a query become the calculator's keys; its own keys stay.
fn from_address(search: &str) -> String {
    let renamed = search.split('&').map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match ATTRIBUTES.iter().find(|(attribute, _)| *attribute == name) {
            Some((_, key)) => format!("{key}={value}"),
            None => part.to_owned(),
        }
    });
    renamed.collect::<Vec<_>>().join("&")
}

#[derive(Properties, PartialEq)]
struct EmbeddedProps {
    query: AttrValue,
}

#[component]
fn Embedded(props: &EmbeddedProps) -> Html {
    let inputs: UseReducerHandle<Inputs> = use_reducer_eq(|| decode(&props.query).0);
    let now = *use_state(|| Time::from_ms(js_sys::Date::now() as u64));
    let on_action = {
        let inputs = inputs.clone();
        Callback::from(move |action: Action| inputs.dispatch(action))
    };
    html! { <Calculator inputs={Rc::new((*inputs).clone())} {now} {on_action} brief=true /> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_names_work_in_the_address_too() {
        let query = from_address("model=gpt-4o&calls=800&input=500&output=90&cache=20&rpm=60");
        assert_eq!(query, "model=gpt-4o&calls=800&in=500&out=90&dup=20&rpm=60");
        assert!(decode(&query).1.is_empty());
    }
}
