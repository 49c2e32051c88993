//! What is asked before a run: a preview of a row, the estimate, a count of tokens, a trial, a check of the connection, a
//! simulation.

use std::rc::Rc;

use crate::link::{
    ConnectionReport, FileEstimate, Place, Preview, Problem, Setup, SimulationNews, TemplateProblem, ToPage, ToWorker,
    TokenCount, Trial,
};
use crate::ui::store::{DeskAction, Part, Renewed, Request};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Questions {
    /// The row that was rendered last.
    pub preview: Option<Result<Rc<Preview>, TemplateProblem>>,
    /// Asked after every change; the figures stay until the next ones come.
    pub estimate: Renewed<Rc<FileEstimate>>,
    /// The provider's count of tokens.
    pub count: Request<TokenCount>,
    /// What its count was asked for.
    counted: Option<Rc<Setup>>,
    pub trial: Request<Rc<Trial>>,
    /// Lane by lane.
    pub connection: Request<Rc<Vec<ConnectionReport>>>,
    /// A router's price list is on its way; the form takes it.
    pub asking_prices: bool,
    /// The calculator's simulation, as far as it is.
    pub simulation: Option<Rc<SimulationNews>>,
}

impl Part for Questions {
    fn apply(&mut self, action: &DeskAction) {
        match action {
            DeskAction::Asked(message) => self.ask(message),
            DeskAction::Heard(message) => self.hear(message),
            DeskAction::Broke(_) => {
                self.estimate.loading = false;
                self.count.give_up();
                self.trial.give_up();
                self.give_up_connection();
            }
            _ => {}
        }
    }
}

impl Questions {
    fn ask(&mut self, message: &ToWorker) {
        match message {
            ToWorker::Estimate { .. } => self.estimate.loading = true,
            // A preview follows a change after a moment, so it may be asked for later than a count of the same prompts.
            ToWorker::Preview { setup, .. } if self.counted.as_deref() != Some(&setup.what_is_asked()) => {
                self.count.forget();
            }
            ToWorker::CountTokens { setup, .. } => {
                self.count = Request::Loading;
                self.counted = Some(Rc::new(setup.what_is_asked()));
            }
            ToWorker::Try { .. } => self.trial = Request::Loading,
            ToWorker::CheckConnection { .. } => self.connection = Request::Loading,
            ToWorker::RouterPrices { .. } => self.asking_prices = true,
            _ => {}
        }
    }

    fn hear(&mut self, message: &ToPage) {
        match message {
            ToPage::Data(_) => {
                (self.preview, self.estimate) = (None, Renewed::default());
                self.trial.forget();
                self.count.forget();
            }
            ToPage::Previewed { result, .. } => self.preview = Some(result.clone().map(Rc::new)),
            ToPage::Estimated(result) => {
                self.estimate = Renewed { last: Some(result.clone().map(Rc::new)), loading: false };
            }
            ToPage::TokensCounted(result) => self.count = result.clone().into(),
            ToPage::Tried(result) => self.trial = result.clone().map(Rc::new).into(),
            ToPage::Checked(reports) => self.connection = Request::Ready(Rc::new(reports.clone())),
            ToPage::RouterPrices(_) => self.asking_prices = false,
            ToPage::Refused(Problem { place: Place::Provider, .. }) => self.give_up_connection(),
            ToPage::Simulated(news) => self.simulation = Some(Rc::new(news.clone())),
            _ => {}
        }
    }

    fn give_up_connection(&mut self) {
        self.connection.give_up();
        self.asking_prices = false;
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::ui::store::fixtures::{asked, heard, refused, setup, summary};

    fn problem() -> Problem {
        Problem { place: Place::Prompt, message: "No.".to_owned() }
    }

    #[test]
    fn the_estimate_stays_until_the_next_one_and_goes_with_its_data() {
        let ask = asked(ToWorker::Estimate { setup: setup() });
        let failed = Questions::default().after(&ask).after(&heard(ToPage::Estimated(Err(problem()))));
        assert_eq!(failed.estimate.ready(), Some(&Err(problem())));
        let again = failed.after(&ask);
        assert_eq!((again.estimate.ready(), &again.estimate.last), (None, &failed.estimate.last));
        assert_eq!(again.after(&heard(ToPage::Data(summary()))), Questions::default());
        assert_eq!(again.after(&DeskAction::Broke("Gone.".to_owned())), failed);
    }

    #[test]
    fn a_count_is_forgotten_once_the_prompts_change() {
        let (key, row, count) = (None, 0, TokenCount { row: 0, row_tokens: 9, rows: 1, counted: 9, estimated: 8 });
        let counting = Questions::default().after(&asked(ToWorker::CountTokens { setup: setup(), key, row }));
        let preview = |setup: Setup| asked(ToWorker::Preview { row, setup });
        let (same, other) = (preview(setup()), preview(Setup { user: "Other words.".to_owned(), ..setup() }));
        let hurried = preview(Setup { max_retries: 9, ..setup() });
        assert_eq!(counting.after(&other).count, Request::Loading, "it will come");
        for (result, told) in [(Ok(count), Request::Ready(count)), (Err(problem()), Request::Failed(problem()))] {
            let counted = counting.after(&heard(ToPage::TokensCounted(result)));
            assert_eq!(counted.count, told);
            assert_eq!(counted.after(&same).count, told, "a late preview of what was counted");
            assert_eq!(counted.after(&hurried).count, told, "tokens don't depend on retries");
            assert_eq!(counted.after(&other).count, Request::Idle);
            assert_eq!(counted.after(&heard(ToPage::Data(summary()))).count, Request::Idle);
        }
    }

    #[test]
    fn a_trial_belongs_to_its_data() {
        let ask = asked(ToWorker::Try { setup: setup(), key: None, more_models: Vec::new() });
        let trying = Questions::default().after(&ask);
        assert_eq!(trying.after(&heard(ToPage::Data(summary()))).trial, Request::Loading);
        let failed = trying.after(&heard(ToPage::Tried(Err(problem()))));
        assert_eq!(failed.trial, Request::Failed(problem()));
        assert_eq!(failed.after(&heard(ToPage::Data(summary()))).trial, Request::Idle);
        assert_eq!(failed.after(&ask), trying, "the last one is not shown with the next");
    }

    #[test]
    fn what_the_provider_is_asked_ends_with_a_refusal() {
        let check = asked(ToWorker::CheckConnection { setup: setup(), keys: Vec::new() });
        let prices = asked(ToWorker::RouterPrices { base_url: String::new() });
        let asked = Questions::default().after(&check).after(&prices);
        assert_eq!((&asked.connection, asked.asking_prices), (&Request::Loading, true));
        for end in [refused(Place::Provider), DeskAction::Broke("Gone.".to_owned())] {
            assert_eq!(asked.after(&end), Questions::default(), "{end:?}");
        }
        let checked = asked.after(&heard(ToPage::Checked(Vec::new()))).after(&refused(Place::Provider));
        assert_eq!(checked.connection, Request::Ready(Rc::default()), "what was found stays");
    }
}
