//! Something that the worker was asked for, and what came of it.

use crate::link::Problem;

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Request<T> {
    /// Not asked.
    #[default]
    Idle,
    Loading,
    Ready(T),
    Failed(Problem),
}

impl<T> Request<T> {
    pub fn is_loading(&self) -> bool {
        matches!(self, Request::Loading)
    }

    pub fn ready(&self) -> Option<&T> {
        match self {
            Request::Ready(answer) => Some(answer),
            _ => None,
        }
    }

    /// Drops the answer. One that is still loading will come.
    pub fn forget(&mut self) {
        if !self.is_loading() {
            *self = Request::Idle;
        }
    }

    /// No answer will come any more.
    pub fn give_up(&mut self) {
        if self.is_loading() {
            *self = Request::Idle;
        }
    }
}

impl<T> From<Result<T, Problem>> for Request<T> {
    fn from(answer: Result<T, Problem>) -> Request<T> {
        match answer {
            Ok(answer) => Request::Ready(answer),
            Err(problem) => Request::Failed(problem),
        }
    }
}

/// What is asked again and again: the last answer stays visible until the next one comes.
#[derive(Clone, Debug, PartialEq)]
pub struct Renewed<T> {
    pub last: Option<Result<T, Problem>>,
    pub loading: bool,
}

impl<T> Renewed<T> {
    /// The answer, unless a newer one is to come.
    pub fn ready(&self) -> Option<&Result<T, Problem>> {
        self.last.as_ref().filter(|_| !self.loading)
    }
}

impl<T> Default for Renewed<T> {
    fn default() -> Renewed<T> {
        Renewed { last: None, loading: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Place;

    #[test]
    fn forgetting_an_answer_leaves_what_is_loading() {
        let after = |change: fn(&mut Request<u8>), mut request: Request<u8>| {
            change(&mut request);
            request
        };
        let failed = Request::Failed(Problem { place: Place::Data, message: "No.".to_owned() });
        assert_eq!(after(Request::forget, Request::Ready(1)), Request::Idle);
        assert_eq!(after(Request::forget, failed.clone()), Request::Idle);
        assert_eq!(after(Request::forget, Request::Loading), Request::Loading);
        assert_eq!(after(Request::give_up, Request::Loading), Request::Idle);
        for answer in [Request::Ready(1), failed] {
            assert_eq!(after(Request::give_up, answer.clone()), answer);
        }
    }
}
