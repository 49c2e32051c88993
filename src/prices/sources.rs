//! Where each price comes from, by group: what the page fetches when somebody asks. Not compiled into the programs.
//!
//! A source is a line `*key<tab>what it is<tab>its date`, a model a line `vendor/id<tab>group<tab>group…`. A group is
//! `name|independent sources|confidence|date|key@date,key@date|what others say`.

use serde_json::Value;

/// Prices that are stated together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    InputOutput,
    Reasoning,
    Cache,
    Batch,
    Flex,
    Tiers,
    Retirement,
}

impl Group {
    const ALL: [(&'static str, Group); 7] = [
        ("input_output", Group::InputOutput),
        ("output_reasoning", Group::Reasoning),
        ("cache", Group::Cache),
        ("batch", Group::Batch),
        ("flex", Group::Flex),
        ("tiers", Group::Tiers),
        ("retirement_source", Group::Retirement),
    ];

    pub fn label(self) -> &'static str {
        match self {
            Group::InputOutput => "Input and output",
            Group::Reasoning => "Output of thinking",
            Group::Cache => "Cached tokens",
            Group::Batch => "Batch API",
            Group::Flex => "Flex",
            Group::Tiers => "Long calls",
            Group::Retirement => "Retirement date",
        }
    }
}

/// Who states a group of prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSources {
    pub group: Group,
    /// Sources among them that don't copy one another.
    pub independent: u64,
    /// `high`, `medium` or `low`; empty for what isn't a price.
    pub confidence: String,
    /// `YYYY-MM-DD`
    pub as_of: String,
    /// What each is, and when it was read.
    pub sources: Vec<(String, String)>,
    /// `input: litellm 1.04`; empty where none differs.
    pub others: String,
}

/// What the published file says of one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSources {
    pub groups: Vec<GroupSources>,
}

/// The published file.
pub struct Sources<'a>(pub &'a str);

impl Sources<'_> {
    /// `None`: the file doesn't know the model.
    pub fn of(&self, key: &str) -> Option<ModelSources> {
        let line = self.0.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('\t'))?;
        let groups = line.split('\t').map(|group| self.group(group));
        Some(ModelSources { groups: groups.collect::<Option<_>>()? })
    }

    fn group(&self, text: &str) -> Option<GroupSources> {
        let mut parts = text.split('|');
        let mut next = || parts.next();
        let name = next()?;
        let group = Group::ALL.iter().find(|(known, _)| *known == name)?.1;
        let (independent, confidence, as_of) = (next()?.parse().ok()?, next()?.to_owned(), next()?.to_owned());
        let sources = next()?.split(',').filter_map(|source| source.split_once('@'));
        let sources = sources.map(|(source, date)| (self.what(source), date.to_owned())).collect();
        Some(GroupSources { group, independent, confidence, as_of, sources, others: next()?.to_owned() })
    }

    fn what(&self, source: &str) -> String {
        let line = self.0.lines().find_map(|line| line.strip_prefix('*')?.strip_prefix(source)?.strip_prefix('\t'));
        line.and_then(|line| line.split('\t').next()).unwrap_or(source).to_owned()
    }
}

/// The published file, from `sources.json` and the vendors' provenance files.
pub fn sources_table(known: &str, files: &[String]) -> Result<String, String> {
    // How a source was read is no matter of the page's reader.
    const HOW: [&str; 2] = [" (only unpacked, never executed)", " (only unpacked)"];
    let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| error.to_string());
    let mut text = String::new();
    for (key, source) in parse(known)?.as_object().into_iter().flatten() {
        let said = |name: &str| source[name].as_str().unwrap_or_default().replace(['\t', '\n'], " ");
        let what = HOW.iter().fold(said("what"), |what, how| what.replace(how, ""));
        text.push_str(&format!("*{key}\t{what}\t{}\n", said("date")));
    }
    for file in files {
        let file = parse(file)?;
        let vendor = file["vendor"].as_str().ok_or("A provenance file names no vendor.")?;
        for model in file["models"].as_array().into_iter().flatten() {
            let id = model["id"].as_str().ok_or("A model of a provenance file has no id.")?;
            let groups = Group::ALL.iter().filter_map(|(name, _)| written(name, &model[*name]));
            text.push_str(&format!("{vendor}/{id}\t{}\n", groups.collect::<Vec<_>>().join("\t")));
        }
    }
    Ok(text)
}

/// A group of prices is an object, the sources of a retirement are a list.
fn written(name: &str, group: &Value) -> Option<String> {
    let sources = group["sources"].as_array().or(group.as_array())?;
    let sources = sources.iter().filter_map(|source| Some((source["source"].as_str()?, source["date"].as_str()?)));
    let sources: Vec<(&str, &str)> = sources.collect();
    let newest = sources.iter().map(|(_, date)| *date).max().unwrap_or_default();
    let listed: Vec<String> = sources.iter().map(|(source, date)| format!("{source}@{date}")).collect();
    let others = group["others_say"].as_object().into_iter().flatten().map(|(field, said)| {
        let said = said.as_object().into_iter().flatten();
        let said = said.map(|(source, price)| format!("{source} {}", price.as_str().unwrap_or("another price")));
        format!("{field}: {}", said.collect::<Vec<_>>().join(", "))
    });
    Some(
        [
            name.to_owned(),
            group["independent"].as_u64().unwrap_or(sources.len() as u64).to_string(),
            group["confidence"].as_str().unwrap_or_default().to_owned(),
            group["as_of"].as_str().unwrap_or(newest).to_owned(),
            listed.join(","),
            others.collect::<Vec<_>>().join("; ").replace(['|', '\t'], " "),
        ]
        .join("|"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_told_by_what_it_is_and_who_differs_is_named() {
        let known = r#"{"litellm":{"what":"a price map","date":"2026-11-20"}}"#;
        let file = r#"{"vendor":"v","models":[{"id":"m","input_output":{"sources":[{"source":"litellm",
            "date":"2026-11-20"}],"independent":1,"as_of":"2026-11-20","confidence":"low",
            "others_say":{"input":{"genai-prices":"1.04"}}},"retirement_source":[{"source":"x","date":"2026-11-01"}]}]}"#;
        let text = sources_table(known, &[file.to_owned()]).expect("a table");
        let said = Sources(&text).of("v/m").expect("known");
        assert_eq!(said.groups[0].sources, [("a price map".to_owned(), "2026-11-20".to_owned())]);
        assert_eq!(said.groups[0].others, "input: genai-prices 1.04");
        assert_eq!((said.groups[1].group, said.groups[1].as_of.as_str()), (Group::Retirement, "2026-11-01"));
        assert_eq!(Sources(&text).of("v/n"), None);
    }
}
