//! Whom a request file is for: its form, its documented limits, and the shell lines that hand it over.

use serde::{Deserialize, Serialize};

use crate::provider::{Provider, Wire};

/// Facts are of November 2026, from the vendors' documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchTarget {
    OpenAi,
    Anthropic,
    Groq,
    Mistral,
    Together,
    Xai,
    Gemini,
    Vllm,
}

impl BatchTarget {
    pub const ALL: [BatchTarget; 8] = [
        BatchTarget::OpenAi,
        BatchTarget::Anthropic,
        BatchTarget::Groq,
        BatchTarget::Mistral,
        BatchTarget::Together,
        BatchTarget::Xai,
        BatchTarget::Gemini,
        BatchTarget::Vllm,
    ];

    /// The target of a preset's own Batch API.
    pub fn of(provider: Provider) -> Option<BatchTarget> {
        BatchTarget::ALL.into_iter().find(|target| target.provider() == provider)
    }

    /// The preset whose words a row's body is written in.
    pub fn provider(self) -> Provider {
        match self {
            BatchTarget::OpenAi => Provider::OpenAi,
            BatchTarget::Anthropic => Provider::Anthropic,
            BatchTarget::Groq => Provider::Groq,
            BatchTarget::Mistral => Provider::Mistral,
            BatchTarget::Together => Provider::Together,
            BatchTarget::Xai => Provider::Xai,
            BatchTarget::Gemini => Provider::Gemini,
            BatchTarget::Vllm => Provider::Vllm,
        }
    }

    pub fn name(self) -> &'static str {
        self.provider().name()
    }

    /// Requests and bytes of one file. vLLM, xAI and, of requests, Gemini state none; they are given files of OpenAI's size.
    pub fn limits(self) -> (u32, u64) {
        match self {
            BatchTarget::OpenAi | BatchTarget::Vllm | BatchTarget::Xai | BatchTarget::Gemini => (50_000, 200_000_000),
            BatchTarget::Anthropic => (100_000, 256_000_000),
            // Its page of limits says 100,000; another one, of batches, a million.
            BatchTarget::Mistral => (100_000, 512_000_000),
            // Groq's own client names 100 MB for batch files, its guide 200 MB.
            BatchTarget::Groq | BatchTarget::Together => (50_000, 100_000_000),
        }
    }

    /// One request with a separator, as the file takes it. `wire` is the one that `body` was written for, as JSON.
    pub fn entry(self, wire: Wire, custom_id: &str, body: &str, first: bool) -> Option<String> {
        let id = serde_json::to_string(custom_id).ok()?;
        serde_json::from_str::<&serde_json::value::RawValue>(body).ok()?;
        Some(match self {
            // Gemini takes OpenAI's lines as they are, and answers in the same form.
            BatchTarget::OpenAi | BatchTarget::Groq | BatchTarget::Vllm | BatchTarget::Xai | BatchTarget::Gemini => {
                super::request_line(custom_id, wire.batch_endpoint(), body)?
            }
            BatchTarget::Mistral | BatchTarget::Together => format!("{{\"custom_id\":{id},\"body\":{body}}}\n"),
            BatchTarget::Anthropic => {
                format!("{}{{\"custom_id\":{id},\"params\":{body}}}", if first { "" } else { ",\n" })
            }
        })
    }

    /// What stands before the first entry and behind the last one.
    pub fn frame(self) -> (&'static str, &'static str) {
        match self {
            BatchTarget::Anthropic => ("{\"requests\":[\n", "\n]}\n"),
            _ => ("", ""),
        }
    }

    pub fn ending(self) -> &'static str {
        if self == BatchTarget::Anthropic { "json" } else { "jsonl" }
    }

    /// Shell lines that hand one file over and fetch its results. The key comes from the environment and is printed
    /// nowhere. Each step waits for the one before it, and a refusal is shown in the provider's own words.
    /// A file that is one of several has result files of its own.
    pub fn shell_lines(self, wire: Wire, file: &str, model: &str) -> String {
        match part(file) {
            Some(part) => self
                .lines(wire, file, model)
                .replace(" results.jsonl", &format!(" results-{part}.jsonl"))
                .replace(" errors.jsonl", &format!(" errors-{part}.jsonl")),
            None => self.lines(wire, file, model),
        }
    }

    fn lines(self, wire: Wire, file: &str, model: &str) -> String {
        let (base, key) = match self {
            BatchTarget::OpenAi => ("https://api.openai.com/v1", "OPENAI_API_KEY"),
            BatchTarget::Anthropic => return anthropic_lines(file),
            BatchTarget::Groq => ("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
            BatchTarget::Mistral => return mistral_lines(file, model),
            BatchTarget::Xai => return xai_lines(file),
            BatchTarget::Gemini => return gemini_lines(file, model),
            BatchTarget::Together => ("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
            BatchTarget::Vllm => {
                return format!("vllm run-batch -i {file} -o results.jsonl --model {}\n", quoted(model));
            }
        };
        let head = format!("-H \"Authorization: Bearer ${key}\"");
        let (upload, form) = match self {
            BatchTarget::Together => ("files/upload", format!("-F purpose=batch-api -F file_name={file}")),
            _ => ("files", "-F purpose=batch".to_owned()),
        };
        format!(
            "FILE=$(curl -sS {base}/{upload} {head} {form} -F file=@{file} | jq -er '.id // error(tostring)') &&\n\
             BATCH=$(curl -sS {base}/batches {head} -H 'Content-Type: application/json' \
             -d '{{\"input_file_id\":\"'$FILE'\",\"endpoint\":\"{}\",\"completion_window\":\"24h\"}}' \
             | jq -er '.id // .job.id // error(tostring)') &&\n\
             until curl -sS {base}/batches/$BATCH {head} > batch.json && \
             jq -e '.status | ascii_downcase | IN(\"completed\", \"failed\", \"expired\", \"cancelled\")' batch.json > /dev/null; \
             do sleep 60; done &&\n\
             jq -r '.status, (.errors // .error // empty)' batch.json &&\n{}",
            wire.batch_endpoint(),
            fetching(base, &head, "batch.json", ["output_file_id", "error_file_id"])
        )
    }
}

/// `2of3` of `20261123-154501-x7k2-2of3.jsonl`; `None` where it is the only one.
fn part(file: &str) -> Option<&str> {
    let (stem, _) = file.rsplit_once('.')?;
    let (_, part) = stem.rsplit_once('-')?;
    let (_, count) = part.split_once("of")?;
    (count != "1" && count.bytes().all(|byte| byte.is_ascii_digit())).then_some(part)
}

/// How results are fetched with a key in `Authorization`. curl follows redirects, and drops that header on the way to
/// another host, but no other one.
const FOLLOW_REDIRECTS: &str = "-sSfL";
/// The same with the key in any other header: a redirect is an error. Without `-L`, curl would take its empty body for
/// the results.
const REFUSE_REDIRECTS: &str = "-sSfL --max-redirs 0";

fn anthropic_lines(file: &str) -> String {
    let head = "-H \"x-api-key: $ANTHROPIC_API_KEY\" -H 'anthropic-version: 2023-06-01'";
    let base = "https://api.anthropic.com/v1/messages/batches";
    format!(
        "BATCH=$(curl -sS {base} {head} -H 'content-type: application/json' --data-binary @{file} \
         | jq -er '.id // error(tostring)') &&\n\
         until curl -sS {base}/$BATCH {head} | jq -e '.processing_status == \"ended\"' > /dev/null; do sleep 60; done &&\n\
         curl {REFUSE_REDIRECTS} {base}/$BATCH/results {head} -o results.jsonl\n"
    )
}

/// A job has counters in place of a state, and its results come in pages. xAI cancels a job whose file it refuses: the
/// counters stay at zero, and the job says when and why it was cancelled.
fn xai_lines(file: &str) -> String {
    let head = "-H \"Authorization: Bearer $XAI_API_KEY\"";
    let base = "https://api.x.ai/v1";
    let done = ".state.num_requests > 0 and .state.num_pending == 0";
    let cancelled = r#"any(.cancel_time, .cancel_by_xai_message; . != null and . != "")"#;
    let told = r#"(.state | tojson), (.cancel_by_xai_message // "" | select(. != ""))"#;
    let next = r#"(.pagination_token // "") | select(. != "") | "limit=1000&pagination_token=" + @uri"#;
    format!(
        "FILE=$(curl -sS {base}/files {head} -F purpose=batch -F file=@{file} | jq -er '.id // error(tostring)') &&\n\
         BATCH=$(curl -sS {base}/batches {head} -H 'Content-Type: application/json' \
         -d '{{\"name\":\"{file}\",\"input_file_id\":\"'$FILE'\"}}' | jq -er '.batch_id // .id // error(tostring)') &&\n\
         until curl -sS {base}/batches/$BATCH {head} > batch.json && \
         jq -e '{done} or {cancelled}' batch.json > /dev/null; do sleep 60; done &&\n\
         jq -r '{told}' batch.json && : > results.jsonl && PAGE=limit=1000 &&\n\
         while [ \"$PAGE\" ]; do curl {FOLLOW_REDIRECTS} \"{base}/batches/$BATCH/results?$PAGE\" {head} > page.json && \
         jq -c '.results[]' page.json >> results.jsonl && PAGE=$(jq -r '{next}' page.json) || break; done &&\n\
         [ -z \"$PAGE\" ]\n"
    )
}

/// A file is uploaded to an address that the first of two requests is answered with.
fn gemini_lines(file: &str, model: &str) -> String {
    let head = "-H \"x-goog-api-key: $GEMINI_API_KEY\"";
    let base = "https://generativelanguage.googleapis.com";
    let model = percent_encoded(model.strip_prefix("models/").unwrap_or(model));
    format!(
        "curl -sS -D upload.txt {base}/upload/v1beta/files {head} -H 'X-Goog-Upload-Protocol: resumable' \
         -H 'X-Goog-Upload-Command: start' -H \"X-Goog-Upload-Header-Content-Length: $(wc -c < {file} | tr -d ' ')\" \
         -H 'X-Goog-Upload-Header-Content-Type: application/jsonl' -H 'Content-Type: application/json' \
         -d '{{\"file\":{{\"display_name\":\"{file}\"}}}}' > upload.json &&\n\
         URL=$(tr -d '\\r' < upload.txt | grep -i '^x-goog-upload-url:' | cut -d ' ' -f 2) && \
         {{ [ \"$URL\" ] || {{ cat upload.json >&2; false; }}; }} &&\n\
         FILE=$(curl -sS \"$URL\" -H 'X-Goog-Upload-Offset: 0' -H 'X-Goog-Upload-Command: upload, finalize' \
         --data-binary @{file} | jq -er '.file.name // error(tostring)') &&\n\
         BATCH=$(curl -sS {base}/v1beta/models/{model}:batchGenerateContent {head} -H 'Content-Type: application/json' \
         -d '{{\"batch\":{{\"display_name\":\"{file}\",\"input_config\":{{\"file_name\":\"'$FILE'\"}}}}}}' \
         | jq -er '.name // error(tostring)') &&\n\
         until curl -sS {base}/v1beta/$BATCH {head} > batch.json && \
         jq -e '.metadata.state | IN(\"BATCH_STATE_SUCCEEDED\", \"BATCH_STATE_FAILED\", \"BATCH_STATE_CANCELLED\", \
         \"BATCH_STATE_EXPIRED\")' batch.json > /dev/null; do sleep 60; done &&\n\
         jq -r '.metadata.state, (.error // empty)' batch.json &&\n\
         jq -r '.metadata.output.responsesFile // empty' batch.json | xargs -I {{}} curl {REFUSE_REDIRECTS} \
         \"{base}/download/v1beta/{{}}:download?alt=media\" {head} -o results.jsonl\n"
    )
}

/// As a part of an address, whatever is in it.
fn percent_encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let part = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(part).collect()
}

fn mistral_lines(file: &str, model: &str) -> String {
    let head = "-H \"Authorization: Bearer $MISTRAL_API_KEY\"";
    let base = "https://api.mistral.ai/v1";
    let model = serde_json::Value::from(model).to_string();
    let job = format!(r#"{{"input_files":["FILE"],"endpoint":"/v1/chat/completions","model":{model}}}"#);
    format!(
        "FILE=$(curl -sS {base}/files {head} -F purpose=batch -F file=@{file} | jq -er '.id // error(tostring)') &&\n\
         JOB=$(curl -sS {base}/batch/jobs {head} -H 'Content-Type: application/json' -d {} \
         | jq -er '.id // error(tostring)') &&\n\
         until curl -sS {base}/batch/jobs/$JOB {head} > job.json && \
         jq -e '.status | IN(\"SUCCESS\", \"FAILED\", \"TIMEOUT_EXCEEDED\", \"CANCELLED\")' job.json > /dev/null; \
         do sleep 60; done &&\n\
         jq -r '.status, (.errors // empty)' job.json &&\n{}",
        quoted(&job).replacen("FILE", "'$FILE'", 1),
        fetching(base, head, "job.json", ["output_file", "error_file"])
    )
}

/// Fetches the result files that the job names, where it names them.
fn fetching(base: &str, head: &str, job: &str, [output, errors]: [&str; 2]) -> String {
    let fetch = |id: &str, file: &str| {
        format!(
            "jq -r '.{id} // empty' {job} | xargs -I {{}} curl {FOLLOW_REDIRECTS} {base}/files/{{}}/content {head} -o {file}"
        )
    };
    format!("{} &&\n{}\n", fetch(output, "results.jsonl"), fetch(errors, "errors.jsonl"))
}

/// One word for a shell, whatever is in it: a model's name may come from a link.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: Wire = Wire::OpenAiChat;
    const BODY: &str = r#"{"model":"m","messages":[{"role":"user","content":"a"}]}"#;

    #[test]
    fn anthropic_s_file_is_one_object_and_the_others_are_lines() {
        let (head, foot) = BatchTarget::Anthropic.frame();
        let entry = |id: &str, first| BatchTarget::Anthropic.entry(CHAT, id, BODY, first).unwrap();
        let whole = format!("{head}{}{}{foot}", entry("r-0", true), entry("r-1", false));
        let json: serde_json::Value = serde_json::from_str(&whole).unwrap();
        assert_eq!(json["requests"][1]["custom_id"], "r-1");
        assert_eq!(json["requests"][1]["params"]["model"], "m");
        for target in BatchTarget::ALL.into_iter().filter(|target| *target != BatchTarget::Anthropic) {
            let line = target.entry(CHAT, "r-0", BODY, true).unwrap();
            let json: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert!(line.ends_with("}\n") && json["body"]["model"] == "m" && json["custom_id"] == "r-0", "{line}");
            assert_eq!(target.entry(CHAT, "r-0", "{", true), None);
        }
    }

    #[test]
    fn lines_and_job_name_the_api_that_the_rows_are_written_for() {
        let line = BatchTarget::OpenAi.entry(Wire::OpenAiResponses, "r-0", BODY, true).unwrap();
        assert!(line.contains(r#""url":"/v1/responses""#), "{line}");
        let lines = BatchTarget::OpenAi.shell_lines(Wire::OpenAiResponses, "requests.jsonl", "gpt-5-pro");
        assert!(lines.contains(r#""endpoint":"/v1/responses""#), "{lines}");
    }

    #[test]
    fn one_of_several_files_has_result_files_of_its_own() {
        for (file, results) in [
            ("20261123-154501-x7k2-1of1.jsonl", "results.jsonl"),
            ("20261123-154501-x7k2-2of3.jsonl", "results-2of3.jsonl"),
            ("requests.jsonl", "results.jsonl"),
        ] {
            for target in BatchTarget::ALL {
                let lines = target.shell_lines(CHAT, file, "m");
                let written = ["-o", ">>"]
                    .iter()
                    .any(|by| [" ", "\n"].iter().any(|end| lines.contains(&format!("{by} {results}{end}"))));
                assert!(written, "{lines}");
                assert!(results == "results.jsonl" || !lines.contains(" results.jsonl"), "{lines}");
            }
        }
    }

    #[test]
    fn a_model_s_name_is_a_word_and_never_a_command() {
        let name = "a'$(touch owned)`b`\"";
        for target in [BatchTarget::Mistral, BatchTarget::Gemini, BatchTarget::Vllm] {
            let lines = target.shell_lines(CHAT, "requests.jsonl", name);
            let word = match target {
                BatchTarget::Mistral => r#""a'\''$(touch owned)`b`\""}'"#,
                BatchTarget::Gemini => "models/a%27%24%28touch%20owned%29%60b%60%22:batchGenerateContent",
                _ => r#"'a'\''$(touch owned)`b`"'"#,
            };
            assert!(lines.contains(word), "{lines}");
        }
    }

    #[test]
    fn no_shell_line_prints_a_key() {
        for target in BatchTarget::ALL {
            let lines = target.shell_lines(CHAT, "requests.jsonl", "m");
            let prints = ["echo", "printf", "-v", "-x", "--verbose", "--trace"];
            let printed = lines.split_whitespace().find(|word| prints.contains(word));
            assert_eq!(printed, None, "{lines}");
            assert!(lines.contains("requests.jsonl"));
        }
    }
}
