//! One row as it would be sent, and what it weighs. Pure but for the counting, which a program beside this one does.

use crate::dataset::{self, TemplateProblem};
use crate::link::{Preview, Setup};
use crate::provider::tokens;
use crate::worker::programs::tokenizer::{Tokenizers, Vocabulary};
use crate::worker::rows::counting::{self, Weight};
use crate::worker::rows::data::Data;
use crate::worker::rows::prepare::{call, estimate, prompt_of};

/// At once, its tokens estimated.
pub fn preview(data: &Data, row: u32, setup: &Setup) -> Result<Preview, TemplateProblem> {
    let prompt = prompt_of(setup, data.table.columns())?;
    if row >= data.rows() {
        return Err(TemplateProblem::Row { row, message: "there is no such row".into() });
    }
    let (system, user) = dataset::render(&prompt, &data.table, row as usize)?;
    let call = call(setup, &prompt, &system, &user);
    let tokens_estimate = estimate(setup, &call);
    let tokens_bound = tokens::bound(setup.provider.body(setup.wire(), &setup.base_url, &call).len());
    let system = setup.provider.system_as_sent(&call).into_owned();
    let advice = prompt.advice(data.table.format()).map(str::to_owned);
    Ok(Preview { system, user, tokens_estimate, tokens_bound, tokens_counted: false, advice })
}

/// The same with its tokens counted, where the model's vocabulary is public and can be loaded.
pub async fn counted(
    estimated: Preview,
    data: &Data,
    row: u32,
    setup: &Setup,
    tokenizers: &Tokenizers,
) -> Option<Preview> {
    let weight = weight(data, row, setup, tokenizers).await?;
    let tokens_bound = weight.bound.map_or(estimated.tokens_bound, |bound| bound.min(estimated.tokens_bound));
    Some(Preview { tokens_estimate: weight.estimate, tokens_bound, tokens_counted: true, ..estimated })
}

async fn weight(data: &Data, row: u32, setup: &Setup, tokenizers: &Tokenizers) -> Option<Weight> {
    let vocabulary = Vocabulary::of(setup)?;
    let prompt = prompt_of(setup, data.table.columns()).ok()?;
    let (system, user) = dataset::render(&prompt, &data.table, row as usize).ok()?;
    let call = call(setup, &prompt, &system, &user);
    counting::weigh(&[call], setup, vocabulary, tokenizers).await.ok()?.pop()
}
