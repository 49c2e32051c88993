//! Request files out, with the shell lines that send them, and result files in.

use std::rc::Rc;

use web_sys::{File, HtmlInputElement};
use yew::prelude::*;

use crate::link::batch::{BatchAsk, BatchImported, BatchTarget, RequestFile};
use crate::link::{Provider, ToWorker};
use crate::money::grouped;
use crate::ui::parts::{Button, CopyButton, Disclosure, Notice, SelectField, Tone};
use crate::ui::runner::words::counted;

#[derive(Properties, PartialEq)]
pub struct BatchFilesProps {
    /// The run's own, whose files are offered first.
    pub provider: Provider,
    pub written: Rc<Vec<RequestFile>>,
    pub imported: Rc<Vec<BatchImported>>,
    /// Result files are being read.
    #[prop_or_default]
    pub reading: bool,
    #[prop_or_default]
    pub open: bool,
    pub send: Callback<ToWorker>,
    pub on_file: Callback<File>,
}

#[component]
pub fn BatchFiles(props: &BatchFilesProps) -> Html {
    let target = use_state(|| BatchTarget::of(props.provider).unwrap_or(BatchTarget::OpenAi));
    let choices = BatchTarget::ALL.into_iter().map(|target| {
        let name = AttrValue::from(target.name());
        (name.clone(), name)
    });
    let on_choose = {
        let target = target.clone();
        Callback::from(move |name: AttrValue| {
            if let Some(chosen) = BatchTarget::ALL.into_iter().find(|target| target.name() == name.as_str()) {
                target.set(chosen);
            }
        })
    };
    let on_export = {
        let (send, target) = (props.send.clone(), *target);
        Callback::from(move |()| send.emit(ToWorker::Batch(BatchAsk::ExportRequests { target })))
    };
    let onchange = {
        let on_file = props.on_file.clone();
        move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            let files = input.files();
            let count = files.as_ref().map_or(0, |files| files.length());
            for file in (0..count).filter_map(|place| files.as_ref()?.get(place)) {
                on_file.emit(file);
            }
            input.set_value("");
        }
    };
    html! {
        <Disclosure id="request-files" label="Request files" summary="for any batch tool" open={props.open}>
            <div class="stack">
                <div class="row">
                    <SelectField id="request-file-for" label="Request file for" value={target.name()} choices={choices.collect::<Vec<_>>()} {on_choose}
                        hint="Holds the rows without an answer, equal requests once." />
                    <Button on_press={on_export}>{ "Export requests" }</Button>
                </div>
                if !props.written.is_empty() {
                    <Written files={props.written.clone()} />
                }
                <div class="field">
                    <label class="field__label" for="import-results">{ "Import results" }</label>
                    <input id="import-results" class="drop-zone__input" type="file" multiple=true accept=".jsonl,.ndjson,.json"
                        aria-describedby="import-results-hint" {onchange} />
                    <p class="field__hint" id="import-results-hint">
                        { "Output and error files of these requests, in any order. Answers and their cost join this run." }
                    </p>
                </div>
                if props.reading {
                    <p class="soft" role="status">{ "Reading results…" }</p>
                }
                {
                    for props.imported.iter().map(|told| html! {
                        <Notice tone={if told.answered + told.failed == 0 { Tone::Warning } else { Tone::Good }}>
                            <p>{ imported_words(told) }</p>
                        </Notice>
                    })
                }
            </div>
        </Disclosure>
    }
}

#[derive(Properties, PartialEq)]
struct WrittenProps {
    files: Rc<Vec<RequestFile>>,
}

/// What was saved, and what to do with it.
#[component]
fn Written(props: &WrittenProps) -> Html {
    let files = &props.files;
    let text = {
        let files = files.clone();
        Callback::from(move |()| shell_lines(&files))
    };
    let saved = files.iter().map(|file| {
        let requests = counted(file.rows.into(), "request", "requests");
        format!("Saved {} ({requests}) to your downloads.", file.file_name)
    });
    let with = match files.first().map(|file| file.target) {
        Some(BatchTarget::Vllm) => "",
        _ => " that has curl and jq",
    };
    html! {
        <>
            <p class="soft" role="status">{ saved.collect::<Vec<_>>().join(" ") }</p>
            <p class="field__hint">
                { format!("Run these lines in your downloads folder, in a shell{with}. They take the key from the environment \
                           variable they name. Then choose the files they fetch under Import results.") }
            </p>
            <div class="preview">
                <pre class="preview__text" tabindex="0" aria-label="Shell lines"><code>{ shell_lines(files) }</code></pre>
            </div>
            <div class="row"><CopyButton label="Copy shell lines" {text} /></div>
        </>
    }
}

fn shell_lines(files: &[RequestFile]) -> String {
    files.iter().map(|file| file.shell_lines.as_str()).collect()
}

/// What a result file brought, and what was left out.
pub fn imported_words(told: &BatchImported) -> String {
    let mut words = format!(
        "{}: {} answered, {} failed, {}{}.",
        told.name,
        counted(told.answered.into(), "row", "rows"),
        grouped(&told.failed.to_string()),
        told.cost.short(),
        if told.batch_priced { " at batch prices" } else { " at the usual prices" }
    );
    for (count, one, many) in [
        (
            told.left_out,
            "line is for a row that has an answer or is under way, and was left out",
            "lines are for rows that have an answer or are under way, and were left out",
        ),
        (told.unknown, "line is for a row that isn't in this run", "lines are for rows that aren't in this run"),
        (told.unreadable, "line couldn't be read", "lines couldn't be read"),
    ] {
        if count > 0 {
            words.push_str(&format!(" {}.", counted(count.into(), one, many)));
        }
    }
    words
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::ui::runner::tests::drawn;

    fn file(part: u32) -> RequestFile {
        RequestFile {
            target: BatchTarget::OpenAi,
            file_name: format!("r-{part}of2.jsonl"),
            rows: part,
            shell_lines: format!("line {part}\n"),
        }
    }

    #[tokio::test]
    async fn both_request_files_are_told_of_with_all_their_lines() {
        let props = BatchFilesProps {
            provider: Provider::Gemini,
            written: Rc::new(vec![file(1), file(2)]),
            imported: Rc::new(vec![BatchImported {
                name: "a".into(),
                left_out: 1,
                unknown: 2,
                ..BatchImported::default()
            }]),
            reading: false,
            send: Callback::noop(),
            on_file: Callback::noop(),
            open: true,
        };
        let html = drawn::<BatchFiles>(props).await;
        for words in [
            "Saved r-1of2.jsonl (1 request) to your downloads. Saved r-2of2.jsonl (2 requests)",
            "line 1\nline 2\n",
            "Copy shell lines",
            "Gemini",
            "1 line is for a row that has an answer",
            "2 lines are for rows that aren",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
    }
}
