//! Failures, classed by what to do next.

use serde::{Deserialize, Serialize};

use crate::provider::{billing, context_size};

/// What went wrong with an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub kind: FailureKind,
    /// HTTP status, where there was an answer.
    #[serde(default)]
    pub status: Option<u16>,
    /// The provider's own words, at most 300 characters; never contains the key.
    pub message: String,
    /// The provider's hint: wait at least this long.
    #[serde(default)]
    pub retry_after_ms: Option<u64>,
    /// The provider's id of the request, where it can be read: what failed may have been billed all the same.
    #[serde(default)]
    pub request_id: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// 429 of a rate limit.
    RateLimited,
    /// 408, 409, 5xx, 529.
    ServerError,
    /// No answer before the deadline.
    TimedOut,
    /// fetch failed: network, CORS or a wrong key; a browser hides which.
    Unreachable,
    /// An answer that broke off, or 2xx with something that isn't the expected JSON.
    TornBody,
    /// An HTML page where JSON was due. With a 2xx status it is most often a wrong address; with a refusal's status it
    /// comes from a gateway on the way (a firewall, a proxy, the login page of a network) and says nothing of the key.
    HtmlPage,
    /// 401, 403: the key.
    WrongKey,
    /// The account may not be used from a web page, whatever the key.
    BrowserForbidden,
    /// The account, its place or its plan isn't served, whatever the key and the row.
    AccountRefused,
    /// No key was entered for the lane since the run was opened, so nothing is sent on it.
    NoKey,
    /// A 429 or 402 that no waiting mends: quota, credit or spend limit.
    QuotaExhausted,
    /// The model is unknown, retired, or not this key's to use.
    UnknownModel,
    /// A lane that never answered refused one row after the other: the last of these refusals. No provider's answer is
    /// of this kind; the engine says so of a lane.
    EveryRowRefused,
    /// Any other 404 or 405: the base URL.
    WrongAddress,
    /// 400, 413, 422: this call.
    BadRequest,
    /// The prompt is longer than the model's context.
    ContextTooLong,
    /// The provider refused the content.
    ContentRefused,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send again after a backoff; counts against the item's retries.
    Retry,
    /// Pause and slow the lane; the item goes back without a count.
    SlowLane,
    /// Stop the lane and say why; the item goes back.
    StopLane,
    /// Stop the lane if nothing ever worked on it, after a few in a row; else retry.
    StopUnprovenLane,
    /// The item ends as errored.
    EndItem,
}

impl FailureKind {
    pub fn action(self) -> Action {
        use FailureKind::*;
        match self {
            RateLimited => Action::SlowLane,
            // A server that says what is wrong with it, such as a model still being loaded, may mend by itself.
            ServerError => Action::Retry,
            Unreachable | TimedOut | TornBody | HtmlPage => Action::StopUnprovenLane,
            WrongKey | NoKey | BrowserForbidden | AccountRefused | QuotaExhausted | UnknownModel | EveryRowRefused
            | WrongAddress => Action::StopLane,
            BadRequest | ContextTooLong | ContentRefused => Action::EndItem,
        }
    }
}

impl Failure {
    /// Of a lane whose key is missing.
    pub fn no_key() -> Failure {
        Failure {
            kind: FailureKind::NoKey,
            status: None,
            message: String::new(),
            retry_after_ms: None,
            request_id: None,
        }
    }

    /// What a person reads: what happened, what was kept, what to do, and the provider's own words.
    pub fn sentence(&self) -> String {
        self.with_its_words(self.plain(true))
    }

    /// The same where no run has begun: there are no results yet, and there is nothing to resume.
    pub fn sentence_before_a_run(&self) -> String {
        self.with_its_words(self.plain(false))
    }

    /// The same for a row that has ended, with this failure or after it: nothing more is sent for it unasked. So ends
    /// every row that failed within a batch job.
    pub fn sentence_at_the_end(&self) -> String {
        let status = self.status.map(|status| format!(" ({status})")).unwrap_or_default();
        let what = match self.kind {
            FailureKind::RateLimited => format!("The provider's rate limit was reached{status}."),
            FailureKind::ServerError => format!("The provider had a fault of its own{status}."),
            _ => return self.sentence(),
        };
        self.with_its_words(format!(
            "{what} The results so far are kept, and nothing more is sent for this row unless you retry what failed."
        ))
    }

    /// The same of a batch job's step: of its file, its creation, its state. No row is to blame, and none is sent again.
    pub fn sentence_of_a_batch_step(&self) -> String {
        use FailureKind::*;
        let status = self.status.map(|status| format!(" ({status})")).unwrap_or_default();
        let what = match self.kind {
            RateLimited => format!("The provider's rate limit was reached{status}."),
            ServerError => format!("The provider had a fault of its own{status}."),
            TimedOut => "No answer came before the timeout.".to_owned(),
            TornBody | HtmlPage => format!("The answer broke off, or isn't what a Batch API sends{status}."),
            UnknownModel | WrongAddress => {
                format!("The provider doesn't have the file, the job or the address that was asked for{status}.")
            }
            BadRequest | ContextTooLong | ContentRefused => {
                format!("The provider refused a step of the batch job{status}.")
            }
            _ => return self.sentence(),
        };
        self.with_its_words(format!("{what} The results so far are kept."))
    }

    fn with_its_words(&self, plain: String) -> String {
        if self.message.is_empty() {
            return plain;
        }
        let who = if self.kind == FailureKind::Unreachable { "The browser" } else { "It" };
        format!("{plain} {who} said: \u{201c}{}\u{201d}", self.message)
    }

    fn size_words(&self) -> String {
        let grouped = |number: u64| crate::money::grouped(&number.to_string());
        match context_size::numbers(&self.message) {
            Some((asked, limit)) => {
                format!("needs {} tokens, and the model takes {}", grouped(asked), grouped(limit))
            }
            None => "is longer than the model can take".to_owned(),
        }
    }

    /// A sentence, a space before it, of what the status alone proves of the bill, and of something else. The exact
    /// bill stands beside the failure.
    fn billed_and(&self, other: &str) -> String {
        let billed = match self.status {
            Some(200..300) => "The call may have been billed",
            Some(status) if billing::is_before_any_model(status) => "Nothing was billed for this call",
            _ => "",
        };
        match (billed, other.split_at_checked(1)) {
            ("", None) => String::new(),
            ("", Some((first, rest))) => format!(" {}{rest}.", first.to_ascii_uppercase()),
            (billed, None) => format!(" {billed}."),
            (billed, Some(_)) => format!(" {billed}, and {other}."),
        }
    }

    fn plain(&self, in_a_run: bool) -> String {
        use FailureKind::*;
        let status = self.status.map(|status| format!(" ({status})")).unwrap_or_default();
        // An error inside a 200 comes after the work has begun.
        let begun = self.status.is_some_and(|status| (200..300).contains(&status));
        let then = if in_a_run { "then resume" } else { "then try again" };
        let kept = if in_a_run { "the results so far are kept" } else { "" };
        let billed_kept = self.billed_and(kept);
        let others_go_on = self.billed_and("the other rows go on");
        let kept_sentence = if in_a_run { " The results so far are kept." } else { "" };
        // A run keeps its address and its model.
        let anew = if in_a_run { " It is changed in a new run." } else { "" };
        match self.kind {
            RateLimited if in_a_run => format!(
                "The provider's rate limit was reached{status}.{}: the lane rests and then goes \
                 on more slowly. Lower the requests per minute if it keeps happening.",
                self.billed_and("nothing is lost").trim_end_matches('.')
            ),
            RateLimited => {
                format!("The provider's rate limit was reached{status}.{billed_kept} Wait a minute, {then}.")
            }
            ServerError if in_a_run => format!(
                "The provider had a fault of its own{status}. The results so far are kept, and the row is sent again \
                 after a pause, as often as Max retries allows."
            ),
            ServerError => format!("The provider had a fault of its own{status}. Wait a little, {then}."),
            TimedOut => format!(
                "No answer came before the timeout. The call may have been billed and is counted so.{kept_sentence} \
                 Check that the server is up, or raise the timeout."
            ),
            Unreachable => format!(
                "The request didn't get through, and the browser doesn't say why: the network is down, the server \
                 doesn't allow calls from web pages (CORS), or the key or the address is wrong.{kept_sentence} Check \
                 {}, {then}.",
                if in_a_run { "the network and the key" } else { "the base URL and the key with Check connection" }
            ),
            TornBody => format!(
                "The server said yes{status}, but its answer broke off or wasn't a chat completion. It may have been \
                 billed and is counted so.{kept_sentence} If it happens to every row, check the base URL.{anew}"
            ),
            HtmlPage if begun => format!(
                "The server answered with a web page{status} where JSON was due, so the base URL most likely points \
                 to a site and not to its API, or this network wants you to sign in first.{kept_sentence} Check the base \
                 URL: most end in /v1.{anew}"
            ),
            HtmlPage => format!(
                "A web page came in place of the provider's answer{status}: most likely a firewall, a proxy or the \
                 sign-in page of this network sent it, so the key need not be wrong.{billed_kept} Open the base URL in \
                 another tab to see the page, get past it or change the network, {then}."
            ),
            WrongKey => format!(
                "The provider refused the key{status}.{billed_kept} Check the key and what it is allowed to do, or \
                 enter another one, {then}."
            ),
            BrowserForbidden => format!(
                "The provider answers no web pages for this account{status}, whatever the key: an organization can \
                 forbid it, and data retention settings do.{billed_kept} Enter the base URL of a proxy of your own{}, \
                 choose another provider, or hand {} over as a batch file.",
                if in_a_run { " in a new run" } else { "" },
                if in_a_run { "the rest" } else { "the rows" },
            ),
            AccountRefused => format!(
                "The provider doesn't serve this account{status}: its country, its plan or its standing forbids it, and \
                 no row is to blame.{billed_kept} Settle it at the provider, {then}, or choose another provider{}.",
                if in_a_run { " in a new run" } else { "" },
            ),
            EveryRowRefused => format!(
                "The provider refused every call so far with the same kind of error{status}, so the setup is wrong and \
                 not the rows.{billed_kept} The rows are open again. Read its words and change what they name, such \
                 as the model, Max output tokens or the answer format.{anew}"
            ),
            NoKey => {
                "No key was entered for this lane since the run was opened, so nothing was sent on it. Keys are never \
                      stored. Enter its key, then resume the lane."
                    .into()
            }
            QuotaExhausted => format!(
                "The account's quota, credit or spend limit is used up{status}, and no waiting mends that.{billed_kept} \
                 Add credit or raise the limit at the provider, {then}."
            ),
            UnknownModel => format!(
                "The provider doesn't know this model, or this key may not use it{status}.{billed_kept} {}",
                match in_a_run {
                    true => "Let the key use it, then resume; or choose another model in a new run.",
                    false => "Choose another model, or let the key use this one.",
                }
            ),
            WrongAddress => format!(
                "There is no chat completions endpoint at this address{status}.{billed_kept} Check the base URL: most \
                 end in /v1.{anew}"
            ),
            BadRequest => format!(
                "The provider refused this row's request{status}.{others_go_on} Read its words, change the \
                 prompt or the settings, then retry what failed."
            ),
            ContextTooLong => format!(
                "This row's prompt {size}{status}.{others_go_on} Shorten the row or choose a model \
                 with a longer context, then retry what failed.",
                size = self.size_words()
            ),
            ContentRefused => format!(
                "The provider's content rules refused this row{status}.{others_go_on} Reword \
                 the row or leave it out."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_that_has_ended_is_said_to_be_sent_again() {
        for kind in [FailureKind::RateLimited, FailureKind::ServerError] {
            let failure =
                Failure { kind, status: Some(500), message: "no".into(), retry_after_ms: None, request_id: None };
            let told = failure.sentence_at_the_end();
            assert!(!told.contains("is sent again") && !told.contains("goes on"), "{told}");
            assert!(told.contains("(500)") && told.ends_with("It said: \u{201c}no\u{201d}"), "{told}");
        }
        for kind in [
            FailureKind::RateLimited,
            FailureKind::ServerError,
            FailureKind::TimedOut,
            FailureKind::TornBody,
            FailureKind::WrongAddress,
            FailureKind::BadRequest,
        ] {
            let failure =
                Failure { kind, status: Some(500), message: "no".into(), retry_after_ms: None, request_id: None };
            let told = failure.sentence_of_a_batch_step();
            for word in ["sent again", "row", "chat completions", "/v1"] {
                assert!(!told.contains(word), "{told}");
            }
        }
    }

    #[test]
    fn before_a_run_nothing_is_said_of_results_and_resuming() {
        use FailureKind::*;
        for kind in [
            RateLimited,
            ServerError,
            TimedOut,
            Unreachable,
            TornBody,
            HtmlPage,
            WrongKey,
            BrowserForbidden,
            AccountRefused,
            QuotaExhausted,
            UnknownModel,
            WrongAddress,
        ] {
            let failure =
                Failure { kind, status: Some(400), message: "no".into(), retry_after_ms: None, request_id: None };
            let told = failure.sentence_before_a_run();
            for word in ["results", "resume", "new run", "the lane"] {
                assert!(!told.contains(word), "{told}");
            }
            assert!(failure.sentence().contains("kept") || kind == RateLimited, "{}", failure.sentence());
        }
    }
}
