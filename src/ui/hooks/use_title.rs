//! Words before the tab's title, for who looks at another tab.

use yew::prelude::*;

/// `42 %` makes `42 % · Runner - Pennybatch` of it, until the component is gone.
#[hook]
pub fn use_title(lead: String) {
    use_effect_with(lead, |lead| {
        let before = gloo_utils::document().title();
        let own = format!("{lead} · {before}");
        gloo_utils::document().set_title(&own);
        move || {
            // Another page may have named itself meanwhile.
            if gloo_utils::document().title() == own {
                gloo_utils::document().set_title(&before);
            }
        }
    });
}
