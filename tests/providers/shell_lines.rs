//! The shell lines that hand a request file over, run by a real shell with curl and jq against a small server. The
//! end-to-end tests run them against stand-ins of the providers. Here is what those don't do: refuse a job's input, and
//! redirect.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;

use pennybatch::provider::Wire;
use pennybatch::provider::batch::BatchTarget;
use serde_json::{Value, json};

const FILE: &str = "requests.jsonl";
const KEY: &str = "sk-by-file-5d1e77";
/// What the lines end with in these tests where they would wait.
const WAITED: i32 = 9;

/// xAI's batch object, as its API reference has it ("Get a batch"). A job whose file xAI refused has no requests, the day
/// on which it was cancelled and a message.
fn xai_job(cancel_time: Value, message: Value, requests: u32) -> Value {
    let state = json!({"num_requests": requests, "num_pending": 0, "num_success": requests, "num_error": 0});
    json!({"batch_id": "x", "cancel_time": cancel_time, "cancel_by_xai_message": message, "state": state})
}

#[test]
fn a_file_that_xai_refuses_ends_the_wait_and_its_reason_is_shown() {
    let reason = "JSONL file validation failed: Model grok-4.6 is not supported for batch processing.";
    let run = |job: Value| {
        let server = Server::start(move |way| match way {
            "POST /v1/files" => ok(&json!({"id": "x"})),
            way if way.contains("/results") => ok(&json!({"results": [], "pagination_token": null})),
            _ => ok(&job),
        });
        let (output, _) = run(BatchTarget::Xai, &server, "xai-refusal");
        (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
    };
    for day in [json!("2026-09-27"), json!(""), Value::Null] {
        let (status, said) = run(xai_job(day, json!(reason), 0));
        assert_eq!(status, Some(0), "{said}");
        assert_eq!(said.lines().last(), Some(reason));
    }
    for none in [Value::Null, json!("")] {
        assert_eq!(run(xai_job(none.clone(), none.clone(), 0)).0, Some(WAITED), "the file isn't loaded yet");
        for job in [xai_job(none.clone(), none.clone(), 3), xai_job(json!("2026-09-27"), none, 0)] {
            let (status, said) = run(job);
            assert_eq!((status, said.lines().count()), (Some(0), 1), "{said}");
        }
    }
}

/// curl takes `Authorization` off when it follows a redirect to another host, but no other header.
#[test]
fn no_redirect_takes_a_key_to_another_host_or_passes_for_an_empty_result() {
    for target in BatchTarget::ALL.into_iter().filter(|target| *target != BatchTarget::Vllm) {
        let elsewhere = Server::start(|_| ok(&json!({"results": [{"custom_id": "r-0"}]})));
        let results = format!("302 Found\r\nLocation: {}/moved\r\n", elsewhere.address);
        let server = Server::start(move |way| match way {
            way if ["/results", "/content", ":download"].iter().any(|part| way.contains(part)) => {
                (results.clone(), String::new())
            }
            _ => ok(&anybodys_job(target)),
        });
        let (output, folder) = run(target, &server, "redirect");
        let came = elsewhere.heads.lock().expect("the heads").join("\n");
        assert!(!came.contains(KEY), "{}: the key went on: {came}", target.name());
        let written = fs::read_to_string(folder.join("results.jsonl")).unwrap_or_default();
        let words = String::from_utf8_lossy(&output.stderr);
        if came.is_empty() {
            assert!(!output.status.success(), "{}: nothing was fetched, and nothing said so", target.name());
            assert!(words.contains("redirect"), "{}: {words}", target.name());
        } else {
            assert!(output.status.success() && !written.is_empty(), "{}: {words}", target.name());
        }
    }
}

/// One answer that every step of every target's lines finds what it needs in: the job is done, and has results.
fn anybodys_job(target: BatchTarget) -> Value {
    let status = if target == BatchTarget::Mistral { "SUCCESS" } else { "completed" };
    json!({
        "id": "x", "batch_id": "x", "name": "x", "file": {"name": "x"}, "status": status, "processing_status": "ended",
        "state": {"num_requests": 1, "num_pending": 0}, "output_file_id": "x", "output_file": "x",
        "metadata": {"state": "BATCH_STATE_SUCCEEDED", "output": {"responsesFile": "files/x"}},
    })
}

/// Does what the lines say in a folder of its own; the server stands in for the provider's host.
fn run(target: BatchTarget, server: &Server, name: &str) -> (Output, PathBuf) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("shell-lines-{name}-{}", target.name()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(FILE), "{}\n").expect("a request file");
    let lines = target.shell_lines(Wire::OpenAiChat, FILE, "m");
    let host = lines.split_whitespace().find_map(host_of).expect("an address");
    let script = lines.replace(host, &server.address).replace("sleep 60", &format!("exit {WAITED}"));
    let keys = ["OPENAI", "ANTHROPIC", "GROQ", "MISTRAL", "TOGETHER", "XAI", "GEMINI"];
    let output = Command::new("sh")
        .args(["-eu", "-c", &script])
        .current_dir(&folder)
        .env("no_proxy", "*")
        .envs(keys.map(|name| (format!("{name}_API_KEY"), KEY)))
        .output()
        .expect("a shell");
    (output, folder)
}

fn host_of(word: &str) -> Option<&str> {
    let path = word.strip_prefix("https://")?.find('/')?;
    Some(&word[.."https://".len() + path])
}

fn ok(body: &Value) -> (String, String) {
    ("200 OK\r\n".to_owned(), body.to_string())
}

/// Answers until the process ends.
struct Server {
    address: String,
    /// The heads of the requests that came.
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `answer` gets `GET /path` and gives the status with headers, and the body.
    fn start(answer: impl Fn(&str) -> (String, String) + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let (kept, own) = (Arc::clone(&heads), address.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Ok(head) = read(&stream) else { continue };
                let way: Vec<&str> = head.split(' ').take(2).collect();
                let (status, body) = answer(&way.join(" "));
                // Gemini's upload is announced first, and goes where the answer says.
                let head_of_answer =
                    format!("HTTP/1.1 {status}X-Goog-Upload-URL: {own}/upload\r\nConnection: close\r\n");
                let answer = format!("{head_of_answer}Content-Length: {}\r\n\r\n{body}", body.len());
                kept.lock().expect("the heads").push(head);
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Server { address, heads }
    }
}

/// A request's head, once its body was read too.
fn read(stream: &TcpStream) -> std::io::Result<String> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        head.push_str(&line);
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    Ok(head)
}
