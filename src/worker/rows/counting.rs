//! Exact token counts for prepared rows, by the model's own tokenizer, in place of an estimate from characters. The work is
//! cut into slices; the counting itself runs in a separate program.

use crate::engine::Ordinal;
use crate::link::Setup;
use crate::provider::{Call, Provider, tokens};
use crate::worker::browser::Slices;
use crate::worker::programs::tokenizer::{Tokenizers, Vocabulary};
use crate::worker::rows::prepare::{Prepared, Unprepared, call};

/// Rows that are counted together.
const ROWS_TOGETHER: usize = 512;

/// What a call weighs.
pub struct Weight {
    pub estimate: u32,
    /// `None`: the length of the body bounds it.
    pub bound: Option<u32>,
}

/// Counts every row. Without a public vocabulary, or where the program can't be loaded, the estimates stay.
pub async fn count_rows(
    prepared: &Prepared,
    setup: &Setup,
    tokenizers: &Tokenizers,
    slices: &mut Slices,
    superseded: impl Fn() -> bool,
) -> Result<(), Unprepared> {
    let Some(vocabulary) = Vocabulary::of(setup) else { return Ok(()) };
    // Candidates have vocabularies of their own.
    if prepared.is_counted() || setup.candidates().is_some() {
        return Ok(());
    }
    let rows = prepared.items() as usize;
    let mut weights = Vec::with_capacity(rows);
    for first in (0..rows).step_by(ROWS_TOGETHER) {
        let mut texts = Vec::with_capacity(2 * ROWS_TOGETHER);
        for row in first..rows.min(first + ROWS_TOGETHER) {
            if slices.turn_at(row as f64 / rows as f64).await && superseded() {
                return Err(Unprepared::Superseded);
            }
            texts.push(prepared.render(row as Ordinal).map_err(Unprepared::Template)?);
        }
        let calls: Vec<Call> =
            texts.iter().map(|(system, user)| call(setup, prepared.prompt(0), system, user)).collect();
        match weigh(&calls, setup, vocabulary, tokenizers).await {
            Ok(weighed) => weights.extend(weighed),
            // The estimates serve as well; they are only less exact.
            Err(_) => return Ok(()),
        }
        if superseded() {
            return Err(Unprepared::Superseded);
        }
    }
    prepared.take_weights(weights);
    Ok(())
}

/// The weight of calls by their own vocabulary.
pub async fn weigh(
    calls: &[Call<'_>],
    setup: &Setup,
    vocabulary: Vocabulary,
    tokenizers: &Tokenizers,
) -> Result<Vec<Weight>, String> {
    let systems: Vec<_> = calls.iter().map(|call| setup.provider.system_as_sent(call)).collect();
    let schema = setup.provider.schema_shown(&setup.answer_format).unwrap_or_default();
    let mut texts: Vec<&str> = vec![schema];
    texts.extend(systems.iter().zip(calls).flat_map(|(system, call)| [system.as_ref(), call.user]));
    let counts = tokenizers.count(vocabulary, &texts).await?;
    let schema_tokens = counts.first().copied().unwrap_or(0);
    let weights = calls.iter().zip(&systems).zip(counts[1..].chunks(2)).map(|((call, system), counts)| {
        let sent = Call { system, ..call.clone() };
        let text = counts.iter().sum::<u32>().saturating_add(tokens::frames(&sent));
        let bound = is_the_models_own(setup).then(|| tokens::bound_of_count(text, schema));
        Weight { estimate: text.saturating_add(schema_tokens), bound }
    });
    Ok(weights.collect())
}

/// Elsewhere a name is only a name: another server may serve another model under it, with a tokenizer of its own.
fn is_the_models_own(setup: &Setup) -> bool {
    setup.provider == Provider::OpenAi
        && setup.base_url.trim().starts_with("https://api.openai.com/")
        && setup.more_lanes.is_empty()
}
