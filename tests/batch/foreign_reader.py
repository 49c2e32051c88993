"""An exported request file, run by a batch reader that this project did not write: openai-batch from PyPI, which uploads
a file, creates the job, waits for it and fetches its results through OpenAI's own client.

    python3 -m venv reader && reader/bin/pip install openai-batch==0.3.4 httpx
    reader/bin/python tests/batch/foreign_reader.py [FILE]

FILE is a file that the page exported for OpenAI; without one, the test that writes 400 lines with the same function
does. The provider is `cargo dev mock`. Everything that the reader brings back is compared with the request file here:
each request has one result, and its answer is the one that belongs to its own message.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time

from openai_batch import Batch
from openai_batch.providers import Provider

KEY = "sk-foreign-reader"
FINAL = {"completed", "failed", "expired", "cancelled"}


def request_file(folder):
    if len(sys.argv) > 1:
        return sys.argv[1]
    path = os.path.join(folder, "requests.jsonl")
    test = ["cargo", "test", "--quiet", "--test", "batch", "a_file_for_other_readers"]
    subprocess.run(test, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PENNYBATCH_REQUESTS": path})
    return path


def answer_to(body):
    """What the simulated provider answers: see `src/bin/dev/mock/answer.rs`."""
    message = [part["content"] for part in body["messages"] if part["role"] == "user"][-1]
    return "Answer " + hashlib.sha256(message.encode()).hexdigest()[:8]


def run(path, address, folder):
    output, errors = os.path.join(folder, "output.jsonl"), os.path.join(folder, "errors.jsonl")
    provider = Provider(name="pennybatch", base_url=f"{address}/v1", api_key=KEY)
    with Batch(submission_input_file=path, output_file=output, error_file=errors, provider=provider) as batch:
        print(f"{batch.submit()} was created")
        while (status := batch.status()).status not in FINAL:
            time.sleep(0.2)
        print(f"{status.status}: {status.request_counts}")
        batch.download()
    assert status.status == "completed", status.errors
    return output


def check(path, output):
    with open(path, encoding="utf-8") as lines:
        asked = {line["custom_id"]: line["body"] for line in map(json.loads, lines)}
    with open(output, encoding="utf-8") as lines:
        answered = [json.loads(line) for line in lines]
    assert len(answered) == len(asked) > 0, f"{len(asked)} requests, {len(answered)} results"
    for line in answered:
        body = asked.pop(line["custom_id"])
        choice = line["response"]["body"]["choices"][0]["message"]["content"]
        assert line["response"]["status_code"] == 200 and choice == answer_to(body), line
    assert not asked
    print(f"{len(answered)} requests were run by openai-batch, and each has its own answer")


with tempfile.TemporaryDirectory() as folder:
    path = request_file(folder)
    built = os.environ.get("PENNYBATCH_MOCK")
    command = [built] if built else ["cargo", "mock"]
    mock = subprocess.Popen([*command, "--api-key", KEY], stdout=subprocess.PIPE, text=True)
    try:
        check(path, run(path, json.loads(mock.stdout.readline())["http"], folder))
    finally:
        mock.terminate()
        mock.wait()
