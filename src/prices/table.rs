//! The catalogue as the programs carry it: `catalogue.tsv`, written from the vendors' files by `cargo dev prices write`.
//! It is read with a few splits, where reading JSON would be the largest part of a calculator in other people's pages.
//!
//! A vendor is a line that begins with `>`; its models follow, a line each. Fields are separated by tabs; an empty one
//! is absent. A rate card is its rows separated by `;`: the base, then `T` tiers (input tokens:rates), `C` changes
//! (milliseconds since the epoch:rates) and `P` peak hours (minute-minute:rates). Rates are pico-dollars a token: input,
//! output, cache read, cache write, write for an hour, reasoning, output of a call that thinks; an empty cache price is
//! that of input, another empty one none. A batch or flex card that is the synchronous one times 5 or 8 tenths is written
//! as `*5` or `*8`, a flex card that is the batch's as `=`.

use std::fmt::Write;

use crate::money::PerToken;
use crate::prices::{Api, BatchCache, BatchLimits, CacheMode, Model, RateCard, Rates, Speed, Vendor, date, date_utc};
use crate::time::Time;

const BATCH_CACHE: [BatchCache; 6] = [
    BatchCache::Stacks,
    BatchCache::StandardRate,
    BatchCache::NoStack,
    BatchCache::NotSupported,
    BatchCache::NoCachedRate,
    BatchCache::Unknown,
];
const CACHE_MODE: [CacheMode; 4] =
    [CacheMode::Automatic, CacheMode::Explicit, CacheMode::ImplicitWrites, CacheMode::PromptCacheKey];
const APIS: [(char, Api); 7] = [
    ('c', Api::ChatCompletions),
    ('r', Api::Responses),
    ('m', Api::Messages),
    ('g', Api::GenerateContent),
    ('i', Api::Interactions),
    ('b', Api::BedrockConverse),
    ('h', Api::CohereChatV2),
];
/// Tenths of the synchronous prices that vendors ask for a batch.
const TENTHS: [u64; 2] = [5, 8];

pub(super) struct Table {
    pub vendors: Vec<Vendor>,
    pub models: Vec<Model>,
}

impl Table {
    /// `None`: this is not what [`Table::write`] wrote.
    pub fn read(text: &str) -> Option<Table> {
        let mut table = Table { vendors: Vec::new(), models: Vec::new() };
        for line in text.lines() {
            match line.strip_prefix('>') {
                Some(vendor) => table.vendors.push(read_vendor(vendor)?),
                None => table.models.push(read_model(line, &table.vendors.last()?.id)?),
            }
        }
        Some(table)
    }

    pub fn write(&self) -> String {
        let mut text = String::new();
        for vendor in &self.vendors {
            text.push('>');
            write_vendor(&mut text, vendor);
            for model in self.models.iter().filter(|model| model.vendor == vendor.id) {
                write_model(&mut text, model);
            }
        }
        text
    }
}

fn read_vendor(line: &str) -> Option<Vendor> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let (id, name) = (next()?.to_owned(), next()?.to_owned());
    let limits = next()?;
    let mut parts = limits.split(',').map(number);
    let mut part = || parts.next().flatten();
    let limits = BatchLimits { max_requests: part(), max_bytes: part(), window_hours: part() };
    Some(Vendor {
        id,
        name,
        batch_limits: Some(limits).filter(|limits| *limits != BatchLimits::default()),
        limits_count_cache_reads: next()? == "1",
        limits_count_output: next()? == "1",
        cache_requests_per_machine: number(next()?),
    })
}

fn write_vendor(text: &mut String, vendor: &Vendor) {
    let limits = vendor.batch_limits.unwrap_or_default();
    let limits = [limits.max_requests, limits.max_bytes, limits.window_hours].map(shown).join(",");
    let (reads, output) = (u8::from(vendor.limits_count_cache_reads), u8::from(vendor.limits_count_output));
    // Writing to a string can't fail.
    let _ = writeln!(
        text,
        "{}\t{}\t{limits}\t{reads}\t{output}\t{}",
        vendor.id,
        vendor.name,
        shown(vendor.cache_requests_per_machine)
    );
}

fn read_model(line: &str, vendor: &str) -> Option<Model> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let (id, name) = (next()?.to_owned(), next()?.to_owned());
    let card = read_card(next()?)?;
    let batch = read_sibling(next()?, &card, None)?;
    let flex = read_sibling(next()?, &card, batch.as_ref())?;
    let flags = next()?;
    let (batch_cache, cache_mode) = (number(next()?)?, number(next()?));
    Some(Model {
        id,
        vendor: vendor.to_owned(),
        name,
        card,
        batch,
        flex,
        batch_cache: *BATCH_CACHE.get(batch_cache as usize)?,
        cache_mode: cache_mode.and_then(|at| CACHE_MODE.get(at as usize).copied()),
        core: flags.contains('c'),
        corroborated: flags.contains('a'),
        context_window: number(next()?),
        max_input: number(next()?),
        max_output: number(next()?),
        min_cacheable_tokens: number(next()?),
        cache_increment_tokens: number(next()?).unwrap_or(1),
        tokenizer: word(next()?),
        served_by: next()?.chars().filter_map(|letter| Some(APIS.iter().find(|(of, _)| *of == letter)?.1)).collect(),
        retires_on: date::first_moment(next()?),
        successor: word(next()?),
        speed: read_speed(next()?),
        price_date: next()?.to_owned(),
        agreeing: number(next()?)?,
        note: word(next()?),
    })
}

fn write_model(text: &mut String, model: &Model) {
    let sibling = |card: &Option<RateCard>, other: Option<&RateCard>| {
        card.as_ref().map(|card| write_sibling(card, &model.card, other)).unwrap_or_default()
    };
    let flags = [('c', model.core), ('a', model.corroborated)];
    let flags: String = flags.into_iter().filter(|(_, holds)| *holds).map(|(flag, _)| flag).collect();
    let place = |at: Option<usize>| at.map(|at| at.to_string()).unwrap_or_default();
    let letter = |api: &Api| APIS.iter().find(|(_, of)| of == api).map(|(letter, _)| *letter);
    let fields = [
        model.id.clone(),
        model.name.clone(),
        write_card(&model.card),
        sibling(&model.batch, None),
        sibling(&model.flex, model.batch.as_ref()),
        flags,
        place(BATCH_CACHE.iter().position(|rule| *rule == model.batch_cache)),
        place(CACHE_MODE.iter().position(|mode| Some(*mode) == model.cache_mode)),
        shown(model.context_window),
        shown(model.max_input),
        shown(model.max_output),
        shown(model.min_cacheable_tokens),
        shown(Some(model.cache_increment_tokens).filter(|step| *step != 1)),
        model.tokenizer.clone().unwrap_or_default(),
        model.served_by.iter().filter_map(letter).collect(),
        model.retires_on.map(date_utc).unwrap_or_default(),
        model.successor.clone().unwrap_or_default(),
        model.speed.as_ref().map(write_speed).unwrap_or_default(),
        model.price_date.clone(),
        model.agreeing.to_string(),
        model.note.clone().unwrap_or_default(),
    ];
    text.push_str(&fields.join("\t"));
    text.push('\n');
}

fn read_speed(text: &str) -> Option<Speed> {
    let mut parts = text.split(',');
    let (short_answer_ms, ttft_ms) = (number(parts.next()?)?, number(parts.next()?));
    Some(Speed { short_answer_ms, ttft_ms, n: number(parts.next()?)?, date: parts.next()?.to_owned() })
}

fn write_speed(speed: &Speed) -> String {
    format!("{},{},{},{}", speed.short_answer_ms, shown(speed.ttft_ms), speed.n, speed.date)
}

/// A batch or flex card. The first `None`: it can't be read; the second: there is none.
fn read_sibling(text: &str, card: &RateCard, other: Option<&RateCard>) -> Option<Option<RateCard>> {
    match (text, text.strip_prefix('*')) {
        ("", _) => Some(None),
        ("=", _) => other.cloned().map(Some),
        (_, Some(tenths)) => in_tenths(card, number(tenths)?).map(Some),
        _ => read_card(text).map(Some),
    }
}

fn write_sibling(sibling: &RateCard, card: &RateCard, other: Option<&RateCard>) -> String {
    if other == Some(sibling) {
        return "=".to_owned();
    }
    let tenths = TENTHS.into_iter().find(|tenths| in_tenths(card, *tenths).as_ref() == Some(sibling));
    tenths.map_or_else(|| write_card(sibling), |tenths| format!("*{tenths}"))
}

/// Every price of the card times so many tenths; `None` where one isn't whole then.
fn in_tenths(card: &RateCard, tenths: u64) -> Option<RateCard> {
    let price = |price: PerToken| (price.0 * tenths).is_multiple_of(10).then_some(PerToken(price.0 * tenths / 10));
    let rates = |rates: &Rates| {
        Some(Rates {
            input: price(rates.input)?,
            output: price(rates.output)?,
            cache_read: price(rates.cache_read)?,
            cache_write: price(rates.cache_write)?,
            cache_write_1h: price(rates.cache_write_1h)?,
            reasoning: price(rates.reasoning)?,
            thinking_output: price(rates.thinking_output)?,
        })
    };
    let mut scaled = RateCard { base: rates(&card.base)?, ..card.clone() };
    let tiers = scaled.tiers.iter_mut().map(|(_, rates)| rates);
    let changes = scaled.changes.iter_mut().map(|(_, rates)| rates);
    for row in tiers.chain(changes).chain(scaled.peak_hours.iter_mut().map(|(_, _, rates)| rates)) {
        *row = rates(row)?;
    }
    Some(scaled)
}

fn read_card(text: &str) -> Option<RateCard> {
    let mut rows = text.split(';');
    let mut card = RateCard { base: read_rates(rows.next()?)?, ..RateCard::default() };
    for row in rows {
        let (kind, rest) = row.split_at_checked(1)?;
        let (border, rates) = rest.split_once(':')?;
        let rates = read_rates(rates)?;
        match kind {
            "T" => card.tiers.push((number(border)?, rates)),
            "C" => card.changes.push((Time(number(border)?), rates)),
            _ => {
                let (from, to) = border.split_once('-')?;
                card.peak_hours.push((number(from)? as u16, number(to)? as u16, rates));
            }
        }
    }
    Some(card)
}

fn write_card(card: &RateCard) -> String {
    let mut text = write_rates(&card.base);
    for (above, rates) in &card.tiers {
        let _ = write!(text, ";T{above}:{}", write_rates(rates));
    }
    for (from, rates) in &card.changes {
        let _ = write!(text, ";C{}:{}", from.ms(), write_rates(rates));
    }
    for (from, to, rates) in &card.peak_hours {
        let _ = write!(text, ";P{from}-{to}:{}", write_rates(rates));
    }
    text
}

fn read_rates(text: &str) -> Option<Rates> {
    let mut parts = text.split(',');
    let mut price = |absent: Option<PerToken>| match parts.next().unwrap_or_default() {
        "" => absent,
        digits => number(digits).map(PerToken),
    };
    let (input, output) = (price(None)?, price(None)?);
    let (cache_read, cache_write) = (price(Some(input))?, price(Some(input))?);
    let mut or_none = || price(Some(PerToken(0)));
    let (cache_write_1h, reasoning, thinking_output) = (or_none()?, or_none()?, or_none()?);
    Some(Rates { input, output, cache_read, cache_write, cache_write_1h, reasoning, thinking_output })
}

fn write_rates(rates: &Rates) -> String {
    let unless = |price: PerToken, absent: PerToken| {
        if price == absent { String::new() } else { price.0.to_string() }
    };
    let parts = [
        rates.input.0.to_string(),
        rates.output.0.to_string(),
        unless(rates.cache_read, rates.input),
        unless(rates.cache_write, rates.input),
        unless(rates.cache_write_1h, PerToken(0)),
        unless(rates.reasoning, PerToken(0)),
        unless(rates.thinking_output, PerToken(0)),
    ];
    parts.join(",").trim_end_matches(',').to_owned()
}

fn number(digits: &str) -> Option<u64> {
    digits.parse().ok()
}

fn shown(number: Option<u64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

fn word(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(input: u64) -> Rates {
        Rates {
            input: PerToken(input),
            output: PerToken(input * 4),
            cache_read: PerToken(input / 10),
            cache_write: PerToken(input),
            cache_write_1h: PerToken(input * 2),
            ..Rates::default()
        }
    }

    #[test]
    fn a_sibling_in_tenths_is_written_as_such_and_read_back() {
        let card = RateCard { base: rates(100), tiers: vec![(9, rates(200))], ..RateCard::default() };
        let half = in_tenths(&card, 5).unwrap();
        assert_eq!((half.base.input, half.tiers[0].1.output), (PerToken(50), PerToken(400)));
        let mut odd = half.clone();
        odd.tiers[0].1.cache_read = PerToken(9);
        for (sibling, other, text) in
            [(&half, None, "*5"), (&half, Some(&half), "="), (&odd, Some(&half), "50,200,5,,100;T9:100,400,9,,200")]
        {
            assert_eq!(write_sibling(sibling, &card, other), text);
            assert_eq!(read_sibling(text, &card, other), Some(Some(sibling.clone())));
        }
        assert_eq!(read_sibling("=", &card, None), None);
        assert_eq!(read_sibling("", &card, None), Some(None));
    }

    #[test]
    fn a_card_with_everything_is_read_back() {
        let card = RateCard {
            base: rates(10),
            tiers: vec![(272_000, rates(20)), (500_000, rates(30))],
            changes: vec![(Time(1_796_083_200_000), RateCard::flat(PerToken(7), PerToken(0)).base)],
            peak_hours: vec![(60, 1_440, rates(40))],
            keeps_an_hour: false,
        };
        let text = write_card(&card);
        assert_eq!(
            text,
            "10,40,1,,20;T272000:20,80,2,,40;T500000:30,120,3,,60;C1796083200000:7,0;P60-1440:40,160,4,,80"
        );
        assert_eq!(read_card(&text), Some(card));
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        for text in ["", "10", "10,x", "10,40;T", "10,40;Tx:1,2", "10,40;P60:1,2"] {
            assert_eq!(read_card(text), None, "{text}");
        }
        assert!(Table::read("gpt\tname without a vendor").is_none());
        assert!(Table::read(">openai\tOpenAI\t,,\t1\t\ngpt\tname\t10,40").is_none());
    }
}
