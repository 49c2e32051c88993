//! Which of the four pages the address names, and the query behind it.

use crate::query::bare;

/// The part of the page that is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Route {
    #[default]
    Calculator,
    Runner,
    Runs,
    Settings,
}

impl Route {
    pub const ALL: [Route; 4] = [Route::Calculator, Route::Runner, Route::Runs, Route::Settings];

    /// The path after the hash.
    pub const fn path(self) -> &'static str {
        match self {
            Route::Calculator => "/",
            Route::Runner => "/run",
            Route::Runs => "/runs",
            Route::Settings => "/settings",
        }
    }

    /// The name in the navigation and in the window's title.
    pub const fn name(self) -> &'static str {
        match self {
            Route::Calculator => "Calculator",
            Route::Runner => "Runner",
            Route::Runs => "Runs",
            Route::Settings => "Settings",
        }
    }

    /// A link to it: `#/run?model=gpt-4o-mini`.
    pub fn href(self, query: &str) -> String {
        match query {
            "" => format!("#{}", self.path()),
            query => format!("#{}?{query}", self.path()),
        }
    }

    /// Reads a location's hash; `None` where no page has that path. Other tools escape the whole hash, glue their own
    /// parts to it, and take the punctuation behind a link for a part of it.
    pub fn read(hash: &str) -> Option<(Route, &str)> {
        let hash = hash.strip_prefix('#').unwrap_or(hash);
        let escaped = || hash.as_bytes().windows(3).position(|part| part.eq_ignore_ascii_case(b"%3f"));
        let end = hash.find(['?', '&']).map(|at| (at, 1)).or_else(|| Some((escaped()?, 3)));
        let (path, query) = end.map_or((hash, ""), |(at, length)| (&hash[..at], &hash[at + length..]));
        let path = bare(path);
        let path = match path.trim_end_matches('/') {
            "" => "/",
            path => path,
        };
        Route::ALL.into_iter().find(|route| route.path() == path).map(|route| (route, query))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_name_pages() {
        assert_eq!(Route::read(""), Some((Route::Calculator, "")));
        assert_eq!(Route::read("#/?calls=5&in=2"), Some((Route::Calculator, "calls=5&in=2")));
        assert_eq!(Route::read("#/run/?run=a?b"), Some((Route::Runner, "run=a?b")));
        assert_eq!(Route::read("#/runs"), Some((Route::Runs, "")));
        assert_eq!(Route::read("#/elsewhere"), None);
        assert_eq!(Route::read("#/%3Fcalls%3D5"), Some((Route::Calculator, "calls%3D5")));
        assert_eq!(Route::read("#%2Frun?calls=5"), Some((Route::Runner, "calls=5")));
        assert_eq!(Route::read("#/runs&utm_source=mail"), Some((Route::Runs, "utm_source=mail")));
        assert_eq!(Route::read("#/settings)."), Some((Route::Settings, "")));
        assert_eq!(Route::read("#/settings%3E"), Some((Route::Settings, "")));
        assert_eq!(Route::Runner.href("calls=5"), "#/run?calls=5");
    }
}
