//! The simulated provider: an answer from the prompt alone, a delay and a fault from the attempt's number. No
//! network, no clock; equal runs with equal seeds are equal. It speaks Chat Completions, so that its answers go the
//! same way as a real provider's.

mod answers;

use serde_json::json;

use crate::link::DemoSettings;
use crate::prices;
use crate::provider::{Call, HttpReply, tokens};

const PPM: u64 = 1_000_000;
/// Latencies in hundredths of the usual one, equally likely each: most are near it, a few are far above.
const LATENCY_PERCENT: [u64; 20] =
    [48, 56, 62, 67, 72, 76, 80, 84, 88, 92, 96, 101, 107, 113, 120, 129, 141, 160, 195, 310];
/// An organisation's limit, as it is answered: come back in a second.
const RETRY_AFTER_MS: u32 = 1_000;

pub struct Simulated {
    pub latency_ms: u32,
    pub reply: HttpReply,
}

/// `input_tokens`: of the call, as they were counted or estimated before.
/// `truth`: the row's right answer. A dearer model gives it more often, as a cheaper one might.
pub fn simulate(
    settings: &DemoSettings,
    call: &Call,
    truth: Option<&str>,
    input_tokens: u32,
    seed: u64,
    attempt: u64,
) -> Simulated {
    let prompt = hash(hash(SEED, call.system.as_bytes()), call.user.as_bytes());
    let mut chance = fastrand::Rng::with_seed(hash(prompt ^ seed, &attempt.to_le_bytes()));
    let percent = LATENCY_PERCENT[chance.usize(..LATENCY_PERCENT.len())];
    let latency_ms = u64::from(settings.latency_ms) * percent / 100;
    let rate_limited = chance.u64(..PPM) < u64::from(settings.rate_limited_ppm);
    let faulty = chance.u64(..PPM) < u64::from(settings.errors_ppm);
    let reply = if rate_limited {
        refusal(429, "Rate limit reached in the demo. Please try again in 1s.", "rate_limit_exceeded")
    } else if faulty {
        let overloaded = chance.bool();
        let (status, words) = if overloaded { (503, "The demo is overloaded.") } else { (500, "The demo stumbled.") };
        refusal(status, words, "server_error")
    } else {
        answer(call, truth, input_tokens, prompt, attempt)
    };
    // A refusal comes sooner than an answer.
    let latency_ms = if reply.status == 200 { latency_ms } else { latency_ms / 4 };
    Simulated { latency_ms: u32::try_from(latency_ms).unwrap_or(u32::MAX), reply }
}

fn refusal(status: u16, words: &str, code: &str) -> HttpReply {
    let body = json!({ "error": { "message": words, "type": code, "code": code } });
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    if status == 429 {
        headers.push(("retry-after-ms".into(), RETRY_AFTER_MS.to_string()));
    }
    HttpReply { status, headers, body: body.to_string(), torn: false }
}

fn answer(call: &Call, truth: Option<&str>, input: u32, prompt: u64, attempt: u64) -> HttpReply {
    let full = match truth {
        Some(truth) => answers::in_format(call.format, judged(call, truth, prompt), prompt, attempt),
        None => answers::in_format(call.format, words_for(call, prompt), prompt, attempt),
    };
    let (text, cut) = capped(&full, call.output_tokens_max);
    let output = tokens::estimate(&text).max(1);
    let body = json!({
        "id": format!("demo-{attempt}"),
        "object": "chat.completion",
        "model": call.model,
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": text },
            "finish_reason": if cut { "length" } else { "stop" },
        }],
        "usage": { "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output },
    });
    HttpReply {
        status: 200,
        headers: vec![
            ("content-type".into(), "application/json".into()),
            ("x-request-id".into(), format!("demo-{attempt}")),
        ],
        body: body.to_string(),
        torn: false,
    }
}

/// The right answer, or another one: of a hundred answers, so many are wrong as the model is cheap.
fn judged(call: &Call, truth: &str, prompt: u64) -> String {
    let mut chance = fastrand::Rng::with_seed(hash(prompt, call.model.as_bytes()));
    if chance.u64(..100) >= mistakes_percent(call.model) {
        return truth.to_owned();
    }
    let labels = answers::labels(call.format, call.system);
    let others: Vec<&&str> = labels.iter().filter(|label| !label.eq_ignore_ascii_case(truth)).collect();
    match others.as_slice() {
        [] => words_for(call, prompt),
        others => others[chance.usize(..others.len())].to_string(),
    }
}

fn mistakes_percent(model: &str) -> u64 {
    const USD: i128 = 1_000_000_000_000;
    let output = prices::find(model).map(|model| model.card.base.output.per_million().pico());
    match output {
        None => 12,
        Some(price) if price < USD => 18,
        Some(price) if price < 5 * USD => 11,
        Some(price) if price < 15 * USD => 6,
        Some(_) => 3,
    }
}

/// One of the categories that the system prompt lists, or else a short sentence.
fn words_for(call: &Call, prompt: u64) -> String {
    let categories = answers::labels(call.format, call.system);
    if categories.is_empty() {
        let start: Vec<&str> = call.user.split_whitespace().take(8).collect();
        return format!("A demo answer to \u{201c}{}\u{201d}: no model was asked.", start.join(" "));
    }
    let lower = spaced(call.user);
    let fitting = KEYWORDS
        .iter()
        .filter(|(_, keywords)| keywords.iter().any(|keyword| mentions(&lower, keyword)))
        .find_map(|(category, _)| categories.iter().find(|listed| listed.eq_ignore_ascii_case(category)));
    let other = || categories.iter().find(|category| category.eq_ignore_ascii_case("other"));
    let chosen = fitting.or_else(other).copied();
    let chosen = chosen.unwrap_or_else(|| categories[(prompt % categories.len() as u64) as usize]);
    chosen.to_owned()
}

/// Lower case, with one space around every word.
fn spaced(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(String::from(" "), |line, word| line + word + " ")
}

/// As whole words, in singular or plural.
fn mentions(spaced: &str, keyword: &str) -> bool {
    ["", "s", "es"].iter().any(|ending| spaced.contains(&format!(" {keyword}{ending} ")))
}

/// The text up to the output cap, and whether it was cut.
fn capped(text: &str, tokens_max: Option<u32>) -> (String, bool) {
    let Some(tokens_max) = tokens_max else { return (text.into(), false) };
    if tokens::estimate(text) <= tokens_max {
        return (text.into(), false);
    }
    let ends = text.char_indices().map(|(start, _)| start);
    let end = ends.take_while(|end| tokens::estimate(&text[..*end]) <= tokens_max).last().unwrap_or(0);
    (text[..end].into(), true)
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: equal on every machine.
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(seed, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Frozen and cleaning first: frozen peas are frozen, and lemon cleaner is no fruit.
const KEYWORDS: [(&str, &[&str]); 9] = [
    ("frozen", &["frozen", "ice cream", "popsicle", "waffle", "sorbet", "gelato"]),
    (
        "cleaning",
        &[
            "wipe",
            "cleaner",
            "detergent",
            "soap",
            "bleach",
            "paper towel",
            "sponge",
            "trash bag",
            "disinfecting",
            "disinfectant",
        ],
    ),
    (
        "other",
        &[
            "peanut butter",
            "almond butter",
            "dressing",
            "sauce",
            "rice",
            "pasta",
            "flour",
            "sugar",
            "oil",
            "vinegar",
            "soup",
            "bean",
            "cereal",
            "oats",
            "honey",
            "spice",
            "seasoning",
            "batteries",
            "foil",
            "bandages",
        ],
    ),
    (
        "beverages",
        &[
            "seltzer",
            "smoothie",
            "espresso",
            "sparkling",
            "ale",
            "juice",
            "water",
            "soda",
            "coffee",
            "tea",
            "cola",
            "lemonade",
            "kombucha",
            "drink",
            "beer",
        ],
    ),
    ("dairy", &["milk", "cheese", "yogurt", "butter", "cream", "kefir", "egg", "cheddar", "mozzarella"]),
    (
        "meat",
        &[
            "lamb", "loin", "veal", "shrimp", "cod", "tuna", "rib", "ground", "chicken", "beef", "pork", "bacon",
            "turkey", "sausage", "ham", "steak", "salmon", "salami",
        ],
    ),
    (
        "bakery",
        &[
            "tiramisu",
            "pastry",
            "pie",
            "pita",
            "sourdough",
            "scone",
            "donut",
            "naan",
            "bread",
            "bagel",
            "muffin",
            "croissant",
            "baguette",
            "tortilla",
            "bun",
            "cake",
            "roll",
        ],
    ),
    (
        "snacks",
        &[
            "trail mix",
            "jerky",
            "gummies",
            "candy",
            "rice cake",
            "chip",
            "pretzel",
            "cracker",
            "cookie",
            "popcorn",
            "granola bar",
            "nut",
            "almond",
            "chocolate",
        ],
    ),
    (
        "produce",
        &[
            "romaine",
            "squash",
            "zucchini",
            "cilantro",
            "basil",
            "garlic",
            "mango",
            "melon",
            "watermelon",
            "pear",
            "peach",
            "plum",
            "beet",
            "cabbage",
            "cauliflower",
            "asparagus",
            "ginger",
            "lime",
            "kiwi",
            "pineapple",
            "radish",
            "arugula",
            "spinach",
            "apple",
            "banana",
            "lettuce",
            "tomato",
            "carrot",
            "onion",
            "avocado",
            "blueberries",
            "strawberries",
            "berries",
            "kale",
            "pepper",
            "grape",
            "lemon",
            "potato",
            "broccoli",
            "cucumber",
            "mushroom",
            "orange",
            "celery",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{AnswerFormat, PromptCache};

    const SYSTEM: &str = "Classify the product into exactly one category: produce, cleaning, dairy, meat, snacks, \
                          beverages, frozen, bakery, other. Respond with just the category name.";

    #[test]
    fn it_answers_with_one_of_the_listed_categories() {
        for (product, category) in [
            ("Organic Baby Spinach 5oz", "produce"),
            ("Clorox Disinfecting Wipes 75ct", "cleaning"),
            ("Frozen Chicken Nuggets", "frozen"),
            ("Curly Kale Bunch", "produce"),
            ("Roma Tomatoes, 1 lb", "produce"),
        ] {
            assert_eq!(words_for(&call(SYSTEM, product), 0), category, "{product}");
        }
        let unknown = words_for(&call(SYSTEM, "Garden Gnome"), 17);
        assert!(crate::answers::labels_of_prompt(SYSTEM).contains(&unknown.as_str()), "{unknown}");
    }

    #[test]
    fn without_a_list_it_answers_with_a_sentence() {
        assert!(words_for(&call("Be brief.", "What is a spinach?"), 0).contains("What is a spinach?"));
    }

    #[test]
    fn equal_attempts_are_equal_and_the_next_one_differs() {
        let settings = DemoSettings { latency_ms: 400, errors_ppm: 500_000, rate_limited_ppm: 0 };
        let call = call(SYSTEM, "Whole Milk");
        let run = |seed| {
            let replies = (0..64).map(|attempt| simulate(&settings, &call, None, 20, seed, attempt));
            replies.map(|simulated| (simulated.latency_ms, simulated.reply.status)).collect::<Vec<_>>()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
        let faults = run(1).iter().filter(|(_, status)| *status >= 500).count();
        assert!((16..48).contains(&faults), "{faults} of 64 are faults");
    }

    #[test]
    fn the_output_cap_cuts_the_answer() {
        let call = Call { output_tokens_max: Some(3), ..call("", "Tell me all about milk") };
        let (text, cut) = capped(&words_for(&call, 0), call.output_tokens_max);
        assert!(cut && tokens::estimate(&text) <= 3, "{text}");
    }

    #[test]
    fn a_refusal_says_when_to_come_back() {
        let settings = DemoSettings { latency_ms: 400, errors_ppm: 0, rate_limited_ppm: PPM as u32 };
        let reply = simulate(&settings, &call("", "a"), None, 8, 1, 1).reply;
        assert_eq!((reply.status, reply.headers.last().unwrap().0.as_str()), (429, "retry-after-ms"));
    }

    fn call<'a>(system: &'a str, user: &'a str) -> Call<'a> {
        Call {
            model: "gpt-4o-mini",
            system,
            user,
            output_tokens_max: None,
            temperature: None,
            format: &AnswerFormat::Text,
            effort: None,
            prompt_cache: PromptCache::Off,
            shared_user_bytes: 0,
        }
    }
}
