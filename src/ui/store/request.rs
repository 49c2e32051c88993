//! Something that the worker was asked for, and what came of it.

use crate::link::Problem;

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Request<T> {
    /// Not asked.
    #[default]
    Idle,
    Loading,
    /// Asked again. The last answer stays visible until the next one comes.
    Renewing(Result<T, Problem>),
    Ready(T),
    Failed(Problem),
}

impl<T> Request<T> {
    pub fn is_loading(&self) -> bool {
        matches!(self, Request::Loading | Request::Renewing(_))
    }

    pub fn ready(&self) -> Option<&T> {
        match self {
            Request::Ready(answer) => Some(answer),
            _ => None,
        }
    }

    /// What the page shows: the answer, or the last one while the next one loads.
    pub fn shown(&self) -> Option<Result<&T, &Problem>> {
        match self {
            Request::Idle | Request::Loading => None,
            Request::Renewing(last) => Some(last.as_ref()),
            Request::Ready(answer) => Some(Ok(answer)),
            Request::Failed(problem) => Some(Err(problem)),
        }
    }

    /// Asks again, and keeps the last answer visible.
    pub fn renew(&mut self) {
        *self = match std::mem::take(self) {
            Request::Idle | Request::Loading => Request::Loading,
            Request::Renewing(last) => Request::Renewing(last),
            Request::Ready(answer) => Request::Renewing(Ok(answer)),
            Request::Failed(problem) => Request::Renewing(Err(problem)),
        };
    }

    /// Drops the answer. One that is still loading will come.
    pub fn forget(&mut self) {
        if !self.is_loading() {
            *self = Request::Idle;
        }
    }

    /// No answer will come any more.
    pub fn give_up(&mut self) {
        *self = match std::mem::take(self) {
            Request::Loading => Request::Idle,
            Request::Renewing(last) => last.into(),
            answered => answered,
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Place;

    fn failed() -> Request<u8> {
        Request::Failed(Problem { place: Place::Data, message: "No.".to_owned() })
    }

    #[test]
    fn the_last_answer_stays_visible_until_the_next_one() {
        let mut request = Request::<u8>::Idle;
        request.renew();
        assert_eq!((request.shown(), request.is_loading()), (None, true));
        for answer in [Request::Ready(1), failed()] {
            let mut again = answer.clone();
            again.renew();
            again.renew();
            assert_eq!((again.shown(), again.is_loading(), again.ready()), (answer.shown(), true, None));
            again.give_up();
            assert_eq!(again, answer);
        }
    }

    #[test]
    fn forgetting_an_answer_leaves_what_is_loading() {
        let after = |change: fn(&mut Request<u8>), mut request: Request<u8>| {
            change(&mut request);
            request
        };
        assert_eq!(after(Request::forget, Request::Ready(1)), Request::Idle);
        assert_eq!(after(Request::forget, failed()), Request::Idle);
        assert_eq!(after(Request::forget, Request::Loading), Request::Loading);
        assert_eq!(after(Request::give_up, Request::Loading), Request::Idle);
        assert_eq!(after(Request::give_up, Request::Ready(1)), Request::Ready(1));
    }
}
