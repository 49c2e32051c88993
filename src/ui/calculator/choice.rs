//! What is either so or not, each with its name on the page and its short key in the address: `warm=1`.

use crate::estimate::{Limiter, Workload};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    WarmUp,
    KeepAnHour,
    StrictWindow,
}

impl Choice {
    pub const ALL: [Choice; 3] = [Choice::WarmUp, Choice::KeepAnHour, Choice::StrictWindow];

    pub const fn key(self) -> &'static str {
        match self {
            Choice::WarmUp => "warm",
            Choice::KeepAnHour => "hour",
            Choice::StrictWindow => "window",
        }
    }

    /// Of its switch.
    pub const fn id(self) -> &'static str {
        match self {
            Choice::WarmUp => "warm-up",
            Choice::KeepAnHour => "keep-an-hour",
            Choice::StrictWindow => "strict-minute",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Choice::WarmUp => "Warm up the prompt cache",
            Choice::KeepAnHour => "Keep the prefix an hour",
            Choice::StrictWindow => "Strict minute",
        }
    }

    pub const fn hint(self) -> &'static str {
        match self {
            Choice::WarmUp => "One call goes first and fills the cache for the others.",
            Choice::KeepAnHour => {
                "Writing costs more (Anthropic: twice the input price), but the cache survives pauses of up to an hour."
            }
            Choice::StrictWindow => "At most the limit in any 60 seconds, instead of a steady refill.",
        }
    }

    pub fn get(self, workload: &Workload) -> bool {
        match self {
            Choice::WarmUp => workload.warm_up,
            Choice::KeepAnHour => workload.keep_an_hour,
            Choice::StrictWindow => workload.limiter == Limiter::Window,
        }
    }

    pub fn set(self, workload: &Workload, on: bool) -> Workload {
        let mut after = workload.clone();
        match self {
            Choice::WarmUp => after.warm_up = on,
            Choice::KeepAnHour => after.keep_an_hour = on,
            Choice::StrictWindow => after.limiter = if on { Limiter::Window } else { Limiter::Bucket },
        }
        after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_switched_is_what_is_read_back() {
        for choice in Choice::ALL {
            let on = choice.set(&Workload::default(), true);
            assert!(choice.get(&on) && !choice.get(&choice.set(&on, false)), "{}", choice.label());
            assert_eq!(choice.set(&on, false), Workload::default());
        }
    }
}
