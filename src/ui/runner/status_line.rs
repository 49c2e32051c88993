//! The run in one line, in the form that the post's script prints.

use crate::link::{Progress, RunState};
use crate::money::{PICO, Usd};
use crate::ui::runner::words::carried_out;

/// `[500/5000] $0.0081 spent | ~$0.08 projected | cache hits: 47`. A run without prices says so instead of $0.
pub fn status_line(progress: &Progress) -> String {
    let Progress { total, cache_hits, .. } = progress;
    let done = carried_out(progress);
    if !progress.priced {
        return format!("[{done}/{total}] cost unknown | cache hits: {cache_hits}");
    }
    let finished = progress.state == RunState::Finished;
    let settled = (finished && progress.doubtful_attempts == 0).then_some(progress.spent);
    let projected = match progress.projected.or(settled) {
        Some(amount) => format!("~${} projected", cents(amount)),
        None if progress.doubtful_answers > 0 => "answers came without their cost".to_owned(),
        None if finished => "nothing more to come".to_owned(),
        None => "projected after the first answer".to_owned(),
    };
    format!("[{done}/{total}] ${} spent | {projected} | cache hits: {cache_hits}", progress.spent.decimals(4))
}

/// Two decimals; what costs anything at all is at least a cent, so that nothing seems to be free.
fn cents(amount: Usd) -> String {
    let cent = Usd::from_pico(PICO / 100);
    if amount > Usd::ZERO { amount.max(cent).decimals(2) } else { amount.decimals(2) }
}
