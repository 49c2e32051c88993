//! Light or dark: the system's preference, or the person's, kept in localStorage. What is in force stands on the
//! document's root, where the styles read it.

use gloo_events::EventListener;
use yew::prelude::*;

const ATTRIBUTE: &str = "data-theme";

/// Where the choice is kept in localStorage; absent means the system decides.
pub const THEME_KEY: &str = "pennybatch-theme";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    pub const fn name(self) -> &'static str {
        match self {
            Theme::System => "System",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        }
    }

    /// The word in storage and in `data-theme`.
    const fn word(self) -> Option<&'static str> {
        match self {
            Theme::System => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        }
    }

    fn from_word(word: &str) -> Theme {
        Theme::ALL.into_iter().find(|theme| theme.word() == Some(word)).unwrap_or_default()
    }
}

#[derive(Clone, PartialEq)]
pub struct UseTheme {
    pub chosen: Theme,
    /// What is seen now, whoever chose it.
    pub dark: bool,
    pub choose: Callback<Theme>,
}

/// For the one component that owns the theme.
#[hook]
pub fn use_theme() -> UseTheme {
    let choice = use_state(stored);
    let system_dark = use_state(|| dark_query().is_some_and(|query| query.matches()));
    {
        let system_dark = system_dark.clone();
        use_effect_with((), move |()| {
            let listener = dark_query()
                .map(|query| EventListener::new(&query.clone(), "change", move |_| system_dark.set(query.matches())));
            move || drop(listener)
        });
    }
    use_effect_with(*choice, |theme| show(*theme));
    let choose = {
        let choice = choice.setter();
        use_callback((), move |theme: Theme, ()| {
            keep(theme);
            choice.set(theme);
        })
    };
    let dark = match *choice {
        Theme::System => *system_dark,
        theme => theme == Theme::Dark,
    };
    UseTheme { chosen: *choice, dark, choose }
}

/// A browser that keeps nothing (private windows, a full disk) still shows the choice until the tab is closed.
fn keep(theme: Theme) {
    if let Ok(Some(storage)) = gloo_utils::window().local_storage() {
        let _ = match theme.word() {
            Some(word) => storage.set_item(THEME_KEY, word),
            None => storage.remove_item(THEME_KEY),
        };
    }
}

fn show(theme: Theme) {
    if let Some(root) = gloo_utils::document().document_element() {
        // Neither call can fail for a constant, valid name.
        let _ = match theme.word() {
            Some(word) => root.set_attribute(ATTRIBUTE, word),
            None => root.remove_attribute(ATTRIBUTE),
        };
    }
}

fn stored() -> Theme {
    let storage = gloo_utils::window().local_storage().ok().flatten();
    let word = storage.and_then(|storage| storage.get_item(THEME_KEY).ok().flatten());
    word.map(|word| Theme::from_word(&word)).unwrap_or_default()
}

fn dark_query() -> Option<web_sys::MediaQueryList> {
    gloo_utils::window().match_media("(prefers-color-scheme: dark)").ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_in_storage_leave_it_to_the_system() {
        assert_eq!(Theme::from_word("dark"), Theme::Dark);
        assert_eq!(Theme::from_word("sepia"), Theme::System);
    }
}
