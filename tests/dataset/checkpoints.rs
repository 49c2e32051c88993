//! Checkpoints as scripts, pandas and PowerShell write them.

use super::*;

#[test]
fn ids_and_answers_come_in_many_spellings() {
    for (report, line, id, answer) in [
        ("openai/GABRIEL #57", "{\"id\": 1.0, \"result\": \"x\"}", "1", "x"),
        ("openai/GABRIEL #57", "{\"id\": \"1.0\", \"result\": \"x\"}", "1", "x"),
        ("openai/GABRIEL #57", "{\"id\": 1, \"result\": \"x\"}", "1.0", "x"),
        ("databrickslabs/migrate #131", "{\"id\": 1e2, \"result\": \"x\"}", "100", "x"),
        ("databrickslabs/migrate #131", "{\"id\": 1.5e1, \"result\": \"x\"}", "15", "x"),
        ("jqlang/jq #2351", "{\"id\": 89014103211118510720, \"result\": \"x\"}", "89014103211118510720", "x"),
        ("Python's json.dumps", "{\"id\": 1, \"result\": \"dairy \\ud83d\"}", "1", "dairy \u{fffd}"),
        ("Python's json.dumps", "{\"id\": 1, \"result\": \"NaN\", \"score\": NaN}", "1", "NaN"),
        ("a parsed answer", "{\"id\": 1, \"result\": {\"z\": 19.90, \"a\": [1, 2]}}", "1", "{\"z\":19.90,\"a\":[1,2]}"),
        ("PowerShell's letters", "{\"Id\": 1, \"Result\": \"x\"}", "1", "x"),
        ("ConvertTo-Json", "{\r\n    \"id\":  1,\r\n    \"result\":  \"x\"\r\n}", "1", "x"),
        (
            "ConvertTo-Json, row after row",
            "{\r\n  \"id\": 1,\r\n  \"result\": \"x\"\r\n}\r\n{\r\n  \"id\": 2,\r\n  \"result\": \"y\"\r\n}",
            "2",
            "y",
        ),
        (
            "PowerShell/PowerShell #3153",
            "{\r\n  \"value\":  [\r\n    {\"id\": 1, \"result\": \"x\"}\r\n  ],\r\n  \"Count\":  1\r\n}",
            "1",
            "x",
        ),
        ("QwenLM/qwen-code #3656", "{\"id\": 1, \"result\": \"x\"}{\"id\": 2, \"result\": \"y\"}", "2", "y"),
        ("a list that broke off", "[\n{\"id\": 1, \"result\": \"x\"},\n{\"id\": 2, \"result\": \"y\"},", "2", "y"),
        ("one list", "[\n{\"id\": 1, \"result\": \"x\"},\n{\"id\": 2, \"result\": \"y\"}\n]", "2", "y"),
    ] {
        let checkpoint = Checkpoint::read(format!("{line}\n").as_bytes()).expect(line);
        assert_eq!(checkpoint.bad, [], "{report}: {line}");
        let found = checkpoint.answer(id).or_else(|| checkpoint.answer(checkpoint.same_number(id)?));
        assert_eq!(found.map(|answer| answer.text.as_str()), Some(answer), "{report}: {line}");
    }
}

/// microsoft/TypeAgent #2769: the script was killed within a line and went on behind it.
#[test]
fn an_answer_behind_one_that_broke_off_is_found() {
    let text = "{\"id\": 1, \"result\": \"x{\"id\": 2, \"result\": \"y\"}\n{\"id\": 3, \"result\": \"z\"}\n";
    let checkpoint = Checkpoint::read(text.as_bytes()).expect("lines");
    assert_eq!((checkpoint.len(), checkpoint.bad_count, checkpoint.torn), (2, 1, false));
    assert_eq!(checkpoint.answer("2").map(|answer| answer.text.as_str()), Some("y"));
    let nested = "{\"id\": 1, \"result\": {\"id\": 2, \"title\": \"y\"}\n{\"id\": 3, \"result\": \"z\"}\n";
    let checkpoint = Checkpoint::read(nested.as_bytes()).expect("lines");
    assert_eq!((checkpoint.len(), checkpoint.bad_count), (1, 1));
}

#[test]
fn what_is_no_checkpoint_is_not_called_torn() {
    let whole = Checkpoint::read(b"{\"custom_id\": \"1\", \"response\": \"x\"}").expect("a line");
    assert_eq!((whole.len(), whole.bad_count, whole.torn), (0, 1, false));
    let table = Checkpoint::read(b"id,result\n1,x\n").expect_err("a table").to_string();
    assert!(table.contains("{\"id\": \"…\", \"result\": \"…\"}"), "{table}");
}

#[test]
fn ids_that_only_look_alike_are_different() {
    for (line, id) in [
        ("{\"id\": \"1.10\", \"result\": \"x\"}", "1.1"),
        ("{\"id\": \"01\", \"result\": \"x\"}", "1"),
        ("{\"id\": \"1e2\", \"result\": \"x\"}", "100"),
        ("{\"id\": 100, \"result\": \"x\"}", "1e2"),
        ("{\"id\": 8.9014103211118511e19, \"result\": \"x\"}", "89014103211118510720"),
        ("{\"id\": 1.5, \"result\": \"x\"}", "1"),
    ] {
        let checkpoint = Checkpoint::read(line.as_bytes()).expect(line);
        assert_eq!((checkpoint.answer(id), checkpoint.same_number(id)), (None, None), "{line}");
    }
}

/// MicrosoftDocs/PowerShell-Docs #7489: `>` and `Out-File` write UTF-16 with CRLF.
#[test]
fn encodings_are_read_as_those_of_data_are() {
    let checkpoint = Checkpoint::read(&fixture("powershell.jsonl")).expect("lines");
    assert_eq!((checkpoint.len(), checkpoint.bad_count, checkpoint.torn), (2, 0, false));
    assert_eq!(checkpoint.answer("1").map(|answer| answer.text.as_str()), Some("Größe"));
    let marked = "\u{feff}{\"id\": 1, \"result\": \"a\"}\n\u{feff}{\"id\": 2, \"result\": \"b\"}\n";
    assert_eq!(Checkpoint::read(marked.as_bytes()).expect("lines").len(), 2);
    let workbook = Checkpoint::read(&fixture("workbook.csv")).expect_err("no text");
    assert!(workbook.to_string().contains("Excel workbook"), "{workbook}");
}
