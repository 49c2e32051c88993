use super::*;

fn row() -> ExportRow<'static> {
    ExportRow {
        id: "SKU-1",
        state: ExportState::Succeeded,
        result: Some("a \"b\",\nü 😀"),
        finish: Some("stop"),
        error: None,
        usage: Some(Usage { input: 12, output: 3, cache_read: 1, cache_write: 0, reasoning: 2, ..Usage::default() }),
        cost: Some(Usd::from_pico(3_600_001)),
        attempts: 2,
        ..ExportRow::default()
    }
}

/// Answers of no format.
fn plain_text() -> AnswerColumns {
    AnswerColumns::default()
}

fn cells(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| text.to_string()).collect()
}

#[test]
fn our_columns_follow_the_files_own() {
    assert_eq!(
        csv_header(&cells(&["id", "my, name"]), &plain_text(), true),
        "id,\"my, name\",result,state,finish,input_tokens,output_tokens,cost_usd,attempts,error\r\n"
    );
    assert_eq!(
        csv_header(&cells(&["result", "llm_result", "error"]), &plain_text(), true),
        "result,llm_result,error,llm_llm_result,state,finish,input_tokens,output_tokens,cost_usd,attempts,llm_error\r\n"
    );
}

#[test]
fn a_csv_export_reads_back() {
    let own = cells(&["SKU-1", "two\r\nlines", " spaced ", "=1+1", ""]);
    let columns = cells(&["id", "a", "b", "c", "d"]);
    let errored =
        ExportRow { id: "x", state: ExportState::Errored, error: Some("no, \"never\""), ..ExportRow::default() };
    let text = [
        csv_header(&columns, &plain_text(), false),
        csv_row(&own, &row(), &plain_text(), false),
        csv_row(&own, &errored, &plain_text(), false),
    ]
    .concat();
    let table = table("out.csv", &text);
    assert_eq!(table.len(), 2);
    assert_eq!(table.cells(0)[..5], own);
    let of = |row, column| table.cell(row, column);
    assert_eq!(of(0, "result"), "a \"b\",\nü 😀");
    assert_eq!((of(0, "state"), of(0, "finish")), ("succeeded".into(), "stop".into()));
    assert_eq!((of(0, "input_tokens"), of(0, "output_tokens")), ("12".into(), "3".into()));
    assert_eq!((of(0, "cost_usd"), of(0, "attempts")), ("0.000003600001".into(), "2".into()));
    assert_eq!((of(1, "state"), of(1, "error")), ("errored".into(), "no, \"never\"".into()));
    assert_eq!(
        (of(1, "result"), of(1, "cost_usd"), of(1, "input_tokens")),
        (String::new(), String::new(), String::new())
    );
}

#[test]
fn whatever_cells_hold_is_read_back() {
    const PIECES: [&str; 12] = ["a", "\"", ",", ";", "\n", "\r\n", "\r", " ", "ü", "\t", "\"\"", ""];
    let options = ReadOptions { format: Some(Format::Csv { delimiter: b',' }), ..ReadOptions::default() };
    for seed in 0..300 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut cell = || (0..random.usize(0..6)).map(|_| PIECES[random.usize(0..PIECES.len())]).collect::<String>();
        let own: Vec<Vec<String>> = (0..20).map(|_| vec![cell(), cell(), cell()]).collect();
        let lines = own.iter().map(|cells| csv_row(cells, &row(), &plain_text(), false));
        let text: String =
            std::iter::once(csv_header(&cells(&["x", "y", "z"]), &plain_text(), false)).chain(lines).collect();
        let table = read("out.csv", text.as_bytes(), options).unwrap_or_else(|problem| panic!("{seed}: {problem}"));
        let back: Vec<Vec<String>> = rows(&table).iter().map(|cells| cells[..3].to_vec()).collect();
        assert_eq!(back, own, "seed {seed}");
    }
}

/// Public reports of formulas that were run, and of guards that changed what was none.
#[test]
fn formulas_are_guarded_and_numbers_are_left_alone() {
    for (report, cell, guarded) in [
        ("OWASP, CSV injection", "=1+1", "'=1+1"),
        ("OWASP, CSV injection", "@SUM(1+1)", "'@SUM(1+1)"),
        ("OWASP, CSV injection", "+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("OWASP, CSV injection", "-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("OWASP, CSV injection", "\tx", "'\tx"),
        ("OWASP, CSV injection", "\rx", "\"'\rx\""),
        ("Semkoo/niko-table-registry #194", "\n=1+1", "\"'\n=1+1\""),
        ("koala73/worldmonitor #8226", "＝1+1", "'＝1+1"),
        ("koala73/worldmonitor #8226", "＋1+A1", "'＋1+A1"),
        ("koala73/worldmonitor #8226", "＠x", "'＠x"),
        ("zvory/csv-safe #25", " =1+1", "' =1+1"),
        ("Asymmetric-al/core #518", "\u{a0}=HYPERLINK(1)", "'\u{a0}=HYPERLINK(1)"),
        ("Asymmetric-al/core #518", "\u{200b}\u{b}@x", "'\u{200b}\u{b}@x"),
        ("Rustchain #7550", "  -1+A1", "'  -1+A1"),
        ("a number behind a blank", " -5", " -5"),
        ("an amount", "-$5.00", "-$5.00"),
        ("an amount", "-€1.234,56", "\"-€1.234,56\""),
        ("a list behind a blank", " milk", " milk"),
        ("woocommerce/woocommerce #25379", "-5", "-5"),
        ("woocommerce/woocommerce #53020", "-19.90", "-19.90"),
        ("hhurz/tableExport.jquery.plugin #296", "-1,234.56", "\"-1,234.56\""),
        ("hhurz/tableExport.jquery.plugin #296", "-1.234,56", "\"-1.234,56\""),
        ("hhurz/tableExport.jquery.plugin #296", "-5%", "-5%"),
        ("", "-1.5e-3", "-1.5e-3"),
        ("", "+4930123", "+4930123"),
        ("", "+49 (30) 123-45/6", "+49 (30) 123-45/6"),
        ("", "-", "-"),
        ("", "--", "--"),
        ("a list of the model's", "- dairy\n- meat", "\"'- dairy\n- meat\""),
        ("", "-1e5+A1", "'-1e5+A1"),
        ("", "a=1", "a=1"),
        ("", "", ""),
    ] {
        let line = |guard| csv_row(&cells(&[cell]), &ExportRow::default(), &plain_text(), guard);
        assert_eq!(line(true), format!("{guarded},,open,,,,,0,\r\n"), "{report}");
        assert!(!line(false).starts_with(['\'']), "{report}");
    }
    let answer = ExportRow { result: Some("=cmd()"), ..ExportRow::default() };
    assert!(csv_row(&cells(&["1"]), &answer, &plain_text(), true).starts_with("1,'=cmd(),"));
    let header = csv_header(&cells(&["=HYPERLINK(\"x\")", "-5"]), &plain_text(), true);
    assert!(header.starts_with("\"'=HYPERLINK(\"\"x\"\")\",-5,result,"), "{header}");
}

/// Digits, and keys in their order: as the model wrote them.
#[test]
fn documents_are_exported_as_they_are_written() {
    let document = "{\n  \"sku\": 89014103211118510720,\n  \"price\": 19.90,\n  \"rec\": {\"title\": \"Heat\", \"cast\": [\"A\"], \"a\": 1e3},\n  \
                    \"half\": \"dairy \\ud83d\"\n}";
    let fields = ["sku", "price", "rec", "half"].map(|name| vec![name.to_owned()]).to_vec();
    let answers = AnswerColumns { fields, ..AnswerColumns::default() };
    let row = ExportRow { id: "1", document: Some(document), ..ExportRow::default() };
    let line = csv_row(&[], &row, &answers, true);
    let expected = "89014103211118510720,19.90,\"{\"\"title\"\":\"\"Heat\"\",\"\"cast\"\":[\"\"A\"\"],\"\"a\"\":1e3}\",dairy \u{fffd}";
    assert_eq!(line, format!(",{expected},open,,,,,0,\r\n"));
    let line = jsonl_line(&row, &answers);
    let expected = "\"sku\": 89014103211118510720, \"price\": 19.90, \"rec\": {\"title\": \"Heat\", \"cast\": [\"A\"], \"a\": 1e3}, \
                    \"half\": \"dairy \\ufffd\"}\n";
    assert!(line.ends_with(expected), "{line}");
}

#[test]
fn the_document_inside_of_an_answer_is_found_as_it_is_written() {
    let document = serde_json::json!({"a": 1.5, "b": {"c": "}"}});
    let written = r#"{"b": {"c": "}"}, "a": 1.50}"#;
    for answer in [
        written.to_owned(),
        ["Here {it} is: {\"a\": 1} ", written, ", is it {not}?"].concat(),
        format!("```json\n{written}\n```"),
    ] {
        assert_eq!(written_in(&answer, &document), Some(written), "{answer}");
    }
    assert_eq!(written_in("{\"a\": 1} {", &document), None);
    assert_eq!(written_in(&"{".repeat(10_000), &document), None);
}

/// What the reader takes for a sign is quoted, so that it comes back as it was.
#[test]
fn a_cell_that_reads_like_a_null_comes_back() {
    let own = cells(&["\\N", " \"x\"", " y ", "\u{feff}z"]);
    let text =
        [csv_header(&cells(&["id", "a", "b", "c"]), &plain_text(), false), csv_row(&own, &row(), &plain_text(), false)]
            .concat();
    let table = table("out.csv", &["\u{feff}", &text].concat());
    assert_eq!((table.columns()[0].as_str(), &table.cells(0)[..4]), ("id", &own[..]));
}

#[test]
fn a_json_line_is_the_posts_checkpoint_and_more() {
    let line = jsonl_line(&row(), &plain_text());
    let expected = concat!(
        r#"{"id": "SKU-1", "result": "a \"b\",\n\u00fc \ud83d\ude00", "state": "succeeded", "finish": "stop", "#,
        r#""usage": {"input": 12, "output": 3, "cache_read": 1, "cache_write": 0, "reasoning": 2}, "#,
        r#""cost_usd": 0.000003600001, "attempts": 2, "error": null}"#,
        "\n"
    );
    assert_eq!(line, expected);
    let back: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(back["result"], "a \"b\",\nü 😀");
}

#[test]
fn what_is_open_has_nulls() {
    let row = ExportRow { id: "\u{1}\u{7f}\u{8}\u{c}\t\\/", ..ExportRow::default() };
    let line = jsonl_line(&row, &plain_text());
    assert!(
        line.starts_with("{\"id\": \"\\u0001\u{7f}\\b\\f\\t\\\\/\", \"result\": null, \"state\": \"open\""),
        "{line}"
    );
    let back: BTreeMap<String, serde_json::Value> = serde_json::from_str(&line).expect("JSON");
    assert_eq!(back["id"], row.id);
    assert_eq!(back["cost_usd"], serde_json::Value::Null);
}

#[test]
fn costs_have_no_needless_zeros() {
    for (pico, text) in [(0, "0"), (5_000_000_000_000, "5"), (10_000_000_000_000, "10"), (1, "0.000000000001")] {
        let row = ExportRow { cost: Some(Usd::from_pico(pico)), ..ExportRow::default() };
        assert!(jsonl_line(&row, &plain_text()).contains(&format!("\"cost_usd\": {text}, ")), "{text}");
    }
}

/// Answers by a schema.
fn films() -> AnswerColumns {
    let fields = [vec!["genre"], vec!["id"], vec!["place", "city"], vec!["place", "zip"], vec!["cast"]];
    let fields = fields.map(|path| path.into_iter().map(str::to_owned).collect()).to_vec();
    AnswerColumns { checked: true, fields, ..AnswerColumns::default() }
}

#[test]
fn the_fields_of_an_answer_are_columns_behind_it() {
    assert_eq!(
        csv_header(&cells(&["id", "genre"]), &films(), true),
        "id,genre,result,llm_genre,llm_id,place.city,place.zip,cast,state,finish,input_tokens,output_tokens,cost_usd,\
         attempts,error,misfit,raw\r\n"
    );
    let document = r#"{"genre": "=Drama", "id": 7, "place": {"zip": null, "city": "LA"}, "cast": ["A", "B"]}"#;
    let fits = ExportRow { id: "1", result: Some("{…}"), document: Some(document), ..ExportRow::default() };
    let line = csv_row(&cells(&["1", "x"]), &fits, &films(), true);
    assert_eq!(line, "1,x,{…},'=Drama,7,LA,,\"[\"\"A\"\",\"\"B\"\"]\",open,,,,,0,,,\r\n");
    let misfit =
        ExportRow { id: "2", raw: Some("Drama"), misfit: Some("is not JSON"), is_misfit: true, ..ExportRow::default() };
    let line = csv_row(&cells(&["2", ""]), &misfit, &films(), true);
    assert_eq!(line, "2,,,,,,,,misfit,,,,,0,,is not JSON,Drama\r\n", "what doesn't fit is no result");
}

#[test]
fn the_fields_of_an_answer_are_keys_of_its_line() {
    let document = r#"{"genre": "Drämä", "id": 7, "place": {"city": "LA"}, "cast": []}"#;
    let row = ExportRow { id: "1", result: Some("{}"), document: Some(document), ..ExportRow::default() };
    assert_eq!(
        jsonl_line(&row, &films()),
        "{\"id\": \"1\", \"result\": \"{}\", \"state\": \"open\", \"finish\": null, \"usage\": null, \"cost_usd\": null, \
         \"attempts\": 0, \"error\": null, \"misfit\": null, \"genre\": \"Dr\\u00e4m\\u00e4\", \"llm_id\": 7, \
         \"place\": {\"city\": \"LA\"}, \"cast\": []}\n"
    );
    let label = ExportRow { id: "2", result: Some("dairy"), raw: Some("**Dairy**"), ..ExportRow::default() };
    let labels = AnswerColumns { checked: true, ..AnswerColumns::default() };
    assert!(jsonl_line(&label, &labels).ends_with("\"misfit\": null, \"raw\": \"**Dairy**\"}\n"));
}

#[test]
fn an_answer_that_does_not_fit_is_no_answer_to_whoever_reads_the_export_again() {
    let misfit = ExportRow {
        id: "2",
        raw: Some("Hm."),
        misfit: Some("is none of the labels"),
        is_misfit: true,
        ..ExportRow::default()
    };
    let labels = AnswerColumns { checked: true, ..AnswerColumns::default() };
    let line = jsonl_line(&misfit, &labels);
    assert!(line.contains("\"result\": null, \"state\": \"misfit\"") && line.contains("\"raw\": \"Hm.\""), "{line}");
    let fits = ExportRow { id: "1", result: Some("dairy"), ..ExportRow::default() };
    let text = jsonl_line(&fits, &labels) + &line;
    let checkpoint = Checkpoint::read(text.as_bytes()).expect("an own export");
    assert_eq!((checkpoint.len(), checkpoint.bad_count), (1, 0));
}

#[test]
fn right_answers_and_candidates_have_columns_of_their_own() {
    let answers = AnswerColumns { judged: true, compared: true, ..AnswerColumns::default() };
    let wrong =
        ExportRow { right: Some(false), candidate: Some("small"), result: Some("meat"), ..ExportRow::default() };
    let text =
        [csv_header(&cells(&["right"]), &answers, true), csv_row(&cells(&["x"]), &wrong, &answers, true)].concat();
    let table = table("out.csv", &text);
    assert_eq!((table.cell(0, "llm_right"), table.cell(0, "candidate")), ("false".into(), "small".into()));
    let line = jsonl_line(&wrong, &answers);
    assert!(line.ends_with("\"right\": false, \"candidate\": \"small\"}\n"), "{line}");
    let unlabelled = ExportRow { right: None, ..wrong };
    assert!(jsonl_line(&unlabelled, &answers).contains("\"right\": null"));
}

#[test]
fn made_up_answers_say_so_in_a_column_of_their_own() {
    let answers = AnswerColumns { note: Some(MADE_UP), ..AnswerColumns::default() };
    let open = ExportRow { id: "2", ..ExportRow::default() };
    let columns = cells(&["id", "note"]);
    let text = [
        csv_header(&columns, &answers, true),
        csv_row(&cells(&["1", "mine"]), &row(), &answers, true),
        csv_row(&cells(&["2", "mine"]), &open, &answers, true),
    ]
    .concat();
    let table = table("out.csv", &text);
    let notes = |row: usize| (table.cell(row, "note"), table.cell(row, "llm_note"));
    assert_eq!(notes(0), ("mine".into(), "made up by the Demo".into()));
    assert_eq!(notes(1), ("mine".into(), String::new()), "no answer, nothing made up");
    let line = jsonl_line(&row(), &answers);
    assert!(line.ends_with(", \"note\": \"made up by the Demo\"}\n"), "{line}");
    let own = AnswerColumns { fields: vec![vec!["note".to_owned()]], ..answers };
    let with_field = ExportRow { document: Some(r#"{"note": 1}"#), ..row() };
    assert!(jsonl_line(&with_field, &own).ends_with(", \"llm_note\": 1}\n"));
    let checkpoint = Checkpoint::read(line.as_bytes()).expect("an own export");
    assert_eq!(checkpoint.answer("SKU-1").map(|answer| answer.text.as_str()), row().result);
}
