//! Files in, prompts rendered, results out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pennybatch::dataset::{
    BadLines, DataProblem, ExportRow, ExportState, Format, Prompt, ReadOptions, Table, TemplateProblem, csv_header,
    csv_row, jsonl_line, read, render, sample_csv,
};
use pennybatch::money::Usd;
use pennybatch::provider::Usage;

const SKIP: ReadOptions = ReadOptions { bad_lines: BadLines::Skip, format: None };

fn table(name: &str, text: &str) -> Table {
    read(name, text.as_bytes(), ReadOptions::default()).unwrap_or_else(|problem| panic!("{name}: {problem}"))
}

fn problem(name: &str, text: &str) -> DataProblem {
    read(name, text.as_bytes(), ReadOptions::default()).expect_err(name)
}

/// Bad lines, by number and fault.
fn bad_lines(name: &str, text: &str) -> Vec<(u64, String)> {
    match problem(name, text) {
        DataProblem::BadLines { lines, count } => {
            assert_eq!(lines.len() as u64, count);
            lines
        }
        other => panic!("{other:?}"),
    }
}

fn rows(table: &Table) -> Vec<Vec<String>> {
    (0..table.len()).map(|row| table.cells(row)).collect()
}

mod delimited {
    use super::*;

    #[test]
    fn quotes_newlines_and_line_ends() {
        for line_end in ["\n", "\r\n", "\r"] {
            let text = ["id,name,note", "1,\"a, \"\"b\"\"\",", "", "2,\"two\nlines\",x", "3,,\"\""].join(line_end);
            let table = table("a.csv", &text);
            assert_eq!(table.columns(), ["id", "name", "note"]);
            assert_eq!(rows(&table), [["1", "a, \"b\"", ""], ["2", "two\nlines", "x"], ["3", "", ""]]);
            assert_eq!(table.format(), Format::Csv { delimiter: b',' });
            assert_eq!(table.cell(1, "name"), "two\nlines");
            assert_eq!(table.cell(1, "nothing"), "");
            assert_eq!(table.cell(9, "name"), "");
            assert_eq!(table.id(2, Some("id")), "3");
            assert_eq!(table.id(2, None), "2");
            assert_eq!(table.values(0)["note"], "");
        }
    }

    #[test]
    fn encodings_with_and_without_a_mark() {
        let text = "id,größe\r\n1,5 oz 😀\r\n";
        let utf16 = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(unit).collect()
        };
        let marked = ["\u{feff}", text].concat().into_bytes();
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), "UTF-8"),
            (marked, "UTF-8 with a byte order mark"),
            (utf16(u16::to_le_bytes), "UTF-16"),
            (utf16(u16::to_be_bytes), "UTF-16"),
        ] {
            let table = read("a.csv", &bytes, ReadOptions::default()).expect(encoding);
            assert_eq!(table.encoding(), encoding);
            assert_eq!(table.columns(), ["id", "größe"]);
            assert_eq!(rows(&table), [["1", "5 oz 😀"]]);
        }
    }

    #[test]
    fn what_is_no_text_is_named_by_its_line() {
        let mut broken_utf16: Vec<u8> = "\u{feff}a\nb".encode_utf16().flat_map(u16::to_le_bytes).collect();
        broken_utf16.extend([0x00, 0xd8, 0x20, 0x00]);
        for (bytes, line) in [
            (&b"id,name\r\n1,a\r\n2,caf\xe9\r\n"[..], 3),
            (b"\xff\xfea\0\n\0b", 2),
            (&broken_utf16, 2),
            (b"i\0d\0,\0n\0", 1),
            (b"PK\x03\x04\x14\x00\x06\x00", 1),
        ] {
            let problem = read("a.csv", bytes, ReadOptions::default()).expect_err("no text");
            assert_eq!(problem, DataProblem::Encoding { line });
        }
        assert!(DataProblem::Encoding { line: 3 }.to_string().contains("Windows-1252"));
    }

    #[test]
    fn the_delimiter_is_guessed() {
        for (name, text, delimiter, width) in [
            ("a.csv", "id,name\n1,a\n", b',', 2),
            ("a.csv", "id;name;price\n1;Milk;1,50\n2;Eggs;2,20\n", b';', 3),
            ("a.csv", "id;\"a,b,c\"\n1;2\n", b';', 2),
            ("a.tsv", "id\tname, first\n1\ta, b\n", b'\t', 2),
            ("a.txt", "id\tname\n1\ta,b,c\n", b'\t', 2),
            ("a.txt", "id|name\n1|a\n", b'|', 2),
            ("a.csv", "title,genres\nHeat,Crime|Drama\n", b',', 2),
            ("a.csv", "id,notes; long,x\n1,a;b,c\n2,a,c\n", b',', 3),
            ("a.csv", "name\na\nb, c\n", b',', 1),
            ("a.tsv", "name\na, b\n", b'\t', 1),
            ("", "id;name\n1;a\n", b';', 2),
        ] {
            let table = read(name, text.as_bytes(), SKIP).expect(text);
            assert_eq!((table.format(), table.columns().len()), (Format::Csv { delimiter }, width), "{text}");
        }
        let options = ReadOptions { format: Some(Format::Csv { delimiter: b';' }), ..ReadOptions::default() };
        assert_eq!(read("a.csv", b"a,b\n1,2\n", options).expect("one column").columns(), ["a,b"]);
    }

    #[test]
    fn bad_lines_are_named_by_their_number_in_the_file() {
        let text = "id,name\r\n1,\"two\r\nlines\"\r\n\r\n2\r\n3,c\r\n4,d,e\r\n";
        let expected =
            [(5, "1 cell where the header has 2".to_string()), (7, "3 cells where the header has 2".to_string())];
        assert_eq!(bad_lines("a.csv", text), expected);
        let table = read("a.csv", text.as_bytes(), SKIP).expect("skipped");
        assert_eq!(rows(&table), [["1", "two\r\nlines"], ["3", "c"]]);
        assert_eq!(table.skipped(), expected);
    }

    #[test]
    fn a_stray_quote_harms_its_own_line_alone() {
        let text = "id,name\n1,a\n2,\"never closed\n3,c\n4,\"d\"\n5,e\n";
        assert_eq!(bad_lines("a.csv", text)[0].0, 3);
        let table = read("a.csv", text.as_bytes(), SKIP).expect("skipped");
        assert_eq!(rows(&table), [["1", "a"], ["3", "c"], ["4", "d"], ["5", "e"]]);

        let at_the_end = "id,name\n1,a\n2,\"open\n3,c\n";
        assert_eq!(bad_lines("a.csv", at_the_end), [(3, "a quote opens here and never closes".to_string())]);
        assert_eq!(read("a.csv", at_the_end.as_bytes(), SKIP).expect("skipped").len(), 2);

        let later = "id,a,b\n1,\"x\ny\",\"open\n2,c,d\n";
        assert_eq!(bad_lines("a.csv", later)[0].0, 3);

        let goes_on = bad_lines("a.csv", "id,name\n1,\"5\" pipe\"\n");
        assert_eq!(goes_on.len(), 1);
        assert!(goes_on[0].1.contains("after its closing quote"));
        assert_eq!(rows(&super::table("a.csv", "id,name\n1,5\" pipe\n")), [["1", "5\" pipe"]]);
    }

    #[test]
    fn headers_must_name_every_column_once() {
        let duplicate = problem("a.csv", "id,name, name\n1,2,3\n");
        assert_eq!(duplicate, DataProblem::DuplicateColumn { name: "name".into() });
        assert!(duplicate.to_string().contains("\"name\""));
        let unnamed = problem("a.csv", ",name\n0,a\n");
        assert_eq!(unnamed, DataProblem::UnnamedColumn { place: 1 });
        assert_eq!(bad_lines("a.csv", "id,\"name\n1,2\n")[0].0, 1);
    }

    #[test]
    fn nothing_to_run() {
        assert_eq!(problem("a.csv", ""), DataProblem::Empty);
        assert_eq!(problem("a.csv", " \r\n\n"), DataProblem::Empty);
        assert_eq!(problem("a.csv", "\u{feff}"), DataProblem::Empty);
        assert_eq!(problem("a.csv", "id,name\n"), DataProblem::NoRows);
        let all_bad = read("a.csv", b"id,name\n1\n", SKIP).expect_err("no row is left");
        assert!(matches!(all_bad, DataProblem::BadLines { count: 1, .. }));
    }

    #[test]
    fn many_bad_lines_are_counted_and_few_are_named() {
        let text = format!("id,name\n{}", "1\n".repeat(1_000));
        let DataProblem::BadLines { lines, count } = problem("a.csv", &text) else { panic!("bad lines") };
        assert_eq!((lines.len(), count), (DataProblem::LINES_MAX, 1_000));
        let sentence = DataProblem::BadLines { lines, count }.to_string();
        assert!(sentence.contains("Line 2: 1 cell where the header has 2."), "{sentence}");
        assert!(sentence.contains("And 995 more."), "{sentence}");
        assert_eq!(read("a.csv", [&text, "2,b\n"].concat().as_bytes(), SKIP).expect("one").skipped().len(), 1_000);
    }

    #[test]
    fn a_hundred_thousand_rows() {
        let line = |row: usize| format!("{row},\"Product, no. {}\",aisle {}\r\n", row % 90_000, row % 40);
        let text: String = std::iter::once("id,name,aisle\r\n".to_string()).chain((0..100_000).map(line)).collect();
        let table = table("a.csv", &text);
        assert_eq!(table.len(), 100_000);
        assert_eq!(table.cells(99_999), ["99999", "Product, no. 9999", "aisle 39"]);
        assert_eq!(table.duplicate_rows(Some("id")), 10_000);
        assert_eq!(table.duplicate_rows(None), 0);
    }

    #[test]
    fn the_movies() {
        let places = ["../shared/data/movies.csv", "../../shared/data/movies.csv"];
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let Some(bytes) = places.iter().find_map(|place| std::fs::read(here.join(place)).ok()) else { return };
        let table = read("movies.csv", &bytes, ReadOptions::default()).expect("movies");
        assert_eq!(table.len(), 3_200);
        assert_eq!(table.skipped(), []);
        assert!(bytes.windows(2).any(|pair| pair == b"\r\n"), "the file has Windows line ends");
        let titles: BTreeSet<String> = (0..table.len()).map(|row| table.cell(row, &table.columns()[1])).collect();
        assert_eq!(titles.len(), 3_176);
        assert!(rows(&table).iter().flatten().all(|cell| !cell.ends_with(['\r', '\n'])));
    }
}

mod json_lines {
    use super::*;

    #[test]
    fn columns_are_the_union_of_all_keys() {
        let text = "{\"id\": 1, \"name\": \"a\"}\r\n\r\n{\"name\": \"b\\u00fc\", \"tags\": [1, 2], \"id\": 12345678901234567890123}\n{}\n";
        let table = table("a.jsonl", text);
        assert_eq!(table.columns(), ["id", "name", "tags"]);
        assert_eq!(rows(&table), [["1", "a", ""], ["12345678901234567890123", "bü", "[1, 2]"], ["", "", ""]]);
        assert_eq!(table.format(), Format::Jsonl);
        assert_eq!(table.values(0)["id"], 1);
        assert_eq!(table.values(1)["tags"], serde_json::json!([1, 2]));
        assert_eq!(table.values(2).len(), 0);
        assert_eq!(table.cell(1, "name"), "bü");
        assert_eq!(table.id(0, Some("id")), "1");
    }

    #[test]
    fn json_is_known_by_its_content_too() {
        assert_eq!(table("pasted", "{\"a\": 1}\n{\"a\": 2}\n").format(), Format::Jsonl);
        assert_eq!(table("pasted", "[{\"a\": 1}]").format(), Format::Jsonl);
        assert_eq!(table("a.csv", "{a},b\n1,2\n").format(), Format::Csv { delimiter: b',' });
    }

    #[test]
    fn an_array_of_objects_is_read_as_lines() {
        let table = table("a.json", " [\n  {\"a\": 1,\n   \"b\": \"x\"},\n  {\"b\": \"y\"}\n]\n");
        assert_eq!(rows(&table), [["1", "x"], ["", "y"]]);
        assert_eq!(bad_lines("a.json", "[\n{\"a\": 1},\n7\n]")[0].0, 3);
        assert_eq!(bad_lines("a.json", "[\n{\"a\": 1},\n{\"a\" 7}\n]")[0].0, 3);
    }

    #[test]
    fn bad_lines_are_named_with_a_reason() {
        let text = "{\"a\": 1}\n\n{\"a\": 1\n[1]\n{\"a\": tru}\n\"x\"\n{\"a\": 2} x\n{\"a\": 3}";
        let lines = bad_lines("a.jsonl", text);
        assert_eq!(lines.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
        assert!(lines[0].1.contains("isn't complete"), "{lines:?}");
        assert!(lines[1].1.contains("not a JSON object"), "{lines:?}");
        assert!(lines[2].1.contains("character"), "{lines:?}");
        assert!(lines.iter().all(|(_, fault)| !fault.contains(" at line ")), "{lines:?}");
        let table = read("a.jsonl", text.as_bytes(), SKIP).expect("skipped");
        assert_eq!((table.len(), table.skipped().len()), (2, 5));
    }

    #[test]
    fn values_that_rust_has_no_room_for_stay_as_text() {
        let table = table("a.jsonl", "{\"big\": 1e999, \"name\": \"a\"}\n");
        assert_eq!(table.cell(0, "big"), "1e999");
        assert_eq!(table.values(0)["big"], "1e999");
        assert_eq!(table.values(0)["name"], "a");
    }

    #[test]
    fn duplicates_are_found_whatever_their_spelling() {
        let table =
            table("a.jsonl", "{\"id\":1,\"a\":\"x\"}\n{ \"a\": \"\\u0078\", \"id\": 2 }\n{\"id\":3,\"a\":\"y\"}\n");
        assert_eq!(table.duplicate_rows(Some("id")), 1);
    }
}

mod prompts {
    use super::*;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    fn rendered(table: &Table, user: &str) -> String {
        let prompt = Prompt::parse("", user, table.columns()).unwrap_or_else(|problem| panic!("{user}: {problem}"));
        render(&prompt, table, 0).unwrap_or_else(|problem| panic!("{user}: {problem}")).1
    }

    fn parse_problem(user: &str, names: &[&str]) -> TemplateProblem {
        Prompt::parse("", user, &columns(names)).expect_err(user)
    }

    #[test]
    fn both_prompts_are_rendered_for_each_row() {
        let table = table("a.csv", "id,name\n1,Milk & <Eggs>\n2,\"{{ id }}\"\n");
        let prompt = Prompt::parse("Classify.\n", "Item {{ id }}: {{ name }}\n", table.columns()).expect("a prompt");
        let row = |row| render(&prompt, &table, row).expect("a row");
        assert_eq!(row(0), ("Classify.\n".into(), "Item 1: Milk & <Eggs>\n".into()));
        assert_eq!(row(1), ("Classify.\n".into(), "Item 2: {{ id }}\n".into()));
    }

    #[test]
    fn names_that_are_no_identifiers() {
        let text = "my column,größe,2023,a-b,editor's note,\"say \"\"hi\"\"\",if,name\nM,G,Y,D,E,S,I,N\n";
        let table = table("a.csv", text);
        for (user, expected) in [
            ("{{ row[\"my column\"] }}", "M"),
            ("{{ row['my column'] }} {{ row.name }}", "M N"),
            ("{{my column}}", "M"),
            ("a {{ my column }} b", "a M b"),
            ("{{ my column | lower }}", "m"),
            ("x  {{- my column -}}  y", "xMy"),
            ("{{größe}}{{ größe|lower }}", "Gg"),
            ("{{2023}}{{a-b}}{{if}}", "YDI"),
            ("{{editor's note}} and {{ editor's note | lower }}", "E and e"),
            ("{{say \"hi\"}}", "S"),
            ("{% if name == 'N' %}{{ my column }}{% endif %}", "M"),
            ("{% raw %}{{my column}}{% endraw %}{# {{nothing}} #}", "{{my column}}"),
            ("{{ '}}' }}{{ name }}", "}}N"),
            ("a { b } {{name}} {", "a { b } N {"),
            (
                "{% for key in row %}{{ key }},{% endfor %}",
                "my column,größe,2023,a-b,editor's note,say \"hi\",if,name,",
            ),
        ] {
            assert_eq!(rendered(&table, user), expected, "{user}");
        }
    }

    #[test]
    fn unknown_columns_are_named_before_anything_is_sent() {
        for (user, unknown) in [
            ("{{ nmae }}", "nmae"),
            ("{{ name }}{{ b }}{{ a }}", "b"),
            ("{% if colour %}x{% endif %}", "colour"),
            ("{{ row['colour'] }}", "colour"),
            ("{{ row[\"the colour\"] }}", "the colour"),
            ("{{ the colour }}", "the colour"),
            ("{{ farbe größe }}", "farbe größe"),
            ("{{ größe }}", "größe"),
            ("{{ the colour | upper }}", "the colour"),
            ("{{ colour.red }}", "colour"),
        ] {
            match parse_problem(user, &["id", "name"]) {
                TemplateProblem::UnknownColumn { name, columns } => {
                    assert_eq!(name, unknown, "{user}");
                    assert_eq!(columns, ["id", "name"]);
                }
                other => panic!("{user}: {other:?}"),
            }
        }
        let sentence = parse_problem("{{ Product_Name }}", &["id", "product name"]).to_string();
        assert!(sentence.contains("Did you mean \"product name\"?"), "{sentence}");
        assert!(sentence.contains("id, product name."), "{sentence}");
        let system = Prompt::parse("{{ x }}", "{{ name }}", &columns(&["name"])).expect_err("system");
        assert!(matches!(system, TemplateProblem::UnknownColumn { .. }));
    }

    #[test]
    fn what_a_template_declares_itself_is_no_column() {
        let table = table("a.csv", "name\na b\n");
        for (user, expected) in [
            ("{% set x = name %}{{ x }}", "a b"),
            ("{% for word in name | split(' ') %}{{ loop.index }}{{ word }}{% endfor %}", "1a2b"),
            ("{% for i in range(3) %}{{ i }}{% endfor %}", "012"),
            ("{{ name | upper | trim }}", "A B"),
            ("{{ name | length }}", "3"),
        ] {
            assert_eq!(rendered(&table, user), expected, "{user}");
        }
    }

    #[test]
    fn syntax_errors_have_a_line() {
        for (user, line) in [("{{ name", 1), ("a\nb {% if name %}\nc", 2), ("\n{{ name | nofilter( }}", 2)] {
            match parse_problem(user, &["name"]) {
                TemplateProblem::Syntax { line: got, message } => {
                    assert_eq!(got, line, "{user}: {message}");
                    assert!(message.contains("user prompt"), "{message}");
                }
                other => panic!("{user}: {other:?}"),
            }
        }
        assert_eq!(parse_problem(" \n", &["name"]), TemplateProblem::Empty);
    }

    #[test]
    fn a_row_without_the_value_is_an_error() {
        let table = table("a.jsonl", "{\"name\": \"a\"}\n{\"name\": \"b\", \"note\": \"n\"}\n");
        let prompt = Prompt::parse("", "{{ name }} {{ note }}", table.columns()).expect("a prompt");
        assert_eq!(render(&prompt, &table, 1).expect("whole").1, "b n");
        let problem = render(&prompt, &table, 0).expect_err("no note");
        assert!(matches!(problem, TemplateProblem::Row { row: 0, .. }), "{problem:?}");
        assert!(problem.to_string().contains("row 1 of the data: it has no value for \"note\""), "{problem}");
        let prompt = Prompt::parse("", "{{ name }} {{ note | default('-') }}", table.columns()).expect("a prompt");
        assert_eq!(render(&prompt, &table, 0).expect("a default").1, "a -");
    }

    #[test]
    fn values_keep_their_types() {
        let line =
            "{\"n\": 3, \"half\": 0.5, \"yes\": true, \"none\": null, \"tags\": [\"a\", 1], \"map\": {\"k\": \"v\"}}\n";
        let table = table("a.jsonl", line);
        for (user, expected) in [
            ("{{ n + 1 }} {{ half }}", "4 0.5"),
            ("{{ yes }}|{{ none }}|", "true||"),
            ("{{ tags }} {{ tags | join(', ') }}", "[\"a\",1] a, 1"),
            ("{{ map }} {{ map.k }} {{ map | tojson }}", "{\"k\":\"v\"} v {\"k\": \"v\"}"),
        ] {
            assert_eq!(rendered(&table, user), expected, "{user}");
        }
    }

    #[test]
    fn a_template_always_ends() {
        let table = table("a.csv", "name\na\n");
        let user = "{% for a in range(9999) %}{% for b in range(9999) %}{{ name }}{% endfor %}{% endfor %}";
        let prompt = Prompt::parse("", user, table.columns()).expect("a prompt");
        let problem = render(&prompt, &table, 0).expect_err("too long");
        assert!(problem.to_string().contains("too long"), "{problem}");
    }
}

mod exports {
    use super::*;

    fn row() -> ExportRow<'static> {
        ExportRow {
            id: "SKU-1",
            state: ExportState::Succeeded,
            result: Some("a \"b\",\nü 😀"),
            finish: Some("stop"),
            error: None,
            usage: Some(Usage { input: 12, output: 3, cache_read: 1, cache_write: 0, reasoning: 2 }),
            cost: Some(Usd::from_pico(3_600_001)),
            attempts: 2,
        }
    }

    fn cells(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| text.to_string()).collect()
    }

    #[test]
    fn our_columns_follow_the_files_own() {
        assert_eq!(
            csv_header(&cells(&["id", "my, name"])),
            "id,\"my, name\",result,state,finish,input_tokens,output_tokens,cost_usd,attempts,error\r\n"
        );
        assert_eq!(
            csv_header(&cells(&["result", "llm_result", "error"])),
            "result,llm_result,error,llm_llm_result,state,finish,input_tokens,output_tokens,cost_usd,attempts,llm_error\r\n"
        );
    }

    #[test]
    fn a_csv_export_reads_back() {
        let own = cells(&["SKU-1", "two\r\nlines", " spaced ", "=1+1", ""]);
        let columns = cells(&["id", "a", "b", "c", "d"]);
        let errored =
            ExportRow { id: "x", state: ExportState::Errored, error: Some("no, \"never\""), ..ExportRow::default() };
        let text = [csv_header(&columns), csv_row(&own, &row(), false), csv_row(&own, &errored, false)].concat();
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
    fn formulas_are_guarded_by_choice() {
        let own = cells(&["=1+1", "+1", "-1", "@x", "\tx", "\rx", "a=1", ""]);
        let guarded = csv_row(&own, &ExportRow::default(), true);
        assert!(guarded.starts_with("'=1+1,'+1,'-1,'@x,'\tx,\"'\rx\",a=1,,,open,"), "{guarded:?}");
        let plain = csv_row(&own, &ExportRow::default(), false);
        assert!(plain.starts_with("=1+1,+1,-1,@x,\tx,\"\rx\",a=1,,,open,"), "{plain:?}");
        let answer = ExportRow { result: Some("=cmd()"), ..ExportRow::default() };
        assert!(csv_row(&cells(&["1"]), &answer, true).starts_with("1,'=cmd(),"));
    }

    #[test]
    fn a_json_line_is_the_posts_checkpoint_and_more() {
        let line = jsonl_line(&row());
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
        let line = jsonl_line(&row);
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
            assert!(jsonl_line(&row).contains(&format!("\"cost_usd\": {text}, ")), "{text}");
        }
    }
}

#[test]
fn the_sample_is_like_the_posts_data() {
    let table = table("sample.csv", sample_csv());
    assert_eq!(table.columns(), ["id", "name"]);
    assert_eq!(table.len(), 500);
    assert_eq!((table.id(0, Some("id")), table.id(499, Some("id"))), ("SKU-001".into(), "SKU-500".into()));
    let names: BTreeSet<String> = (0..500).map(|row| table.cell(row, "name").to_lowercase()).collect();
    assert_eq!(names.len(), 466);
    assert_eq!(table.duplicate_rows(Some("id")), 34);
    assert!(names.iter().all(|name| !name.is_empty() && name.trim() == name));
}
