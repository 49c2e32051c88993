//! Data files, prompts over them, and checkpoints.

use std::sync::LazyLock;

use fastrand::Rng;
use pennybatch::dataset::{
    AnswerColumns, BadLines, Checkpoint, DataProblem, ExportRow, ExportState, Format, Prompt, ReadOptions,
    ReaderVersion, Table, TemplateProblem, csv_header, csv_row, jsonl_line, read, render,
};

use crate::corpus::Corpus;
use crate::{fits_a_screen, literals, project_files};

const NAMES: [&str; 8] = ["a.csv", "a.tsv", "a.jsonl", "a.ndjson", "a.json", "a.txt", "a.tab", "a"];
const DELIMITERS: [u8; 6] = [b',', b';', b'\t', b'|', b' ', b'"'];
/// Rows at each end of a table that are looked at.
const ROWS_SEEN: usize = 3;

pub fn corpus() -> Corpus {
    let fixtures = project_files("tests/dataset/fixtures").into_iter().map(|(_, bytes)| bytes);
    let tests = ["delimited", "json_lines", "real_files", "values", "exports", "main"];
    let tests = tests.iter().flat_map(|name| literals::of_file(&format!("tests/dataset/{name}.rs")));
    let sources = ["csv_rows", "json_rows", "json_list", "records", "encoding", "format", "signature", "export"];
    let sources = sources.iter().flat_map(|name| literals::of_file(&format!("src/dataset/{name}.rs")));
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let own = [utf_16("\u{feff}id,name\r\n1,\u{e4}\r\n"), utf_16("id\tname\r\n1\tb\r\n")];
    Corpus::new(
        fixtures.chain(tests).chain(sources).chain(own),
        &[
            "sep=;\r\n",
            "sep=,\n",
            "id,name\n",
            "1,a\r\n",
            "\"a\nb\"",
            "\"a\"\"b\"",
            " \"a\"",
            ",,,,",
            ";;",
            "\t\t",
            "\u{1a}",
            "{\"id\":1,\"name\":\"a\"}\n",
            "[{\"a\":1},{\"a\":2}]",
            "{\"data\":[{\"a\":1}]}",
            "// c\n",
            "\u{feff}{",
            "\x1f",
            "PK",
        ],
    )
}

fn options(chance: &mut Rng) -> ReadOptions {
    let delimiter = match chance.u32(..8) {
        0 => chance.u8(..128),
        _ => DELIMITERS[chance.usize(..DELIMITERS.len())],
    };
    ReadOptions {
        bad_lines: if chance.bool() { BadLines::Skip } else { BadLines::Refuse },
        format: match chance.u32(..6) {
            0 => Some(Format::Csv { delimiter }),
            1 => Some(Format::Jsonl),
            _ => None,
        },
        version: match chance.u32(..8) {
            0 => ReaderVersion::Strict,
            1 => ReaderVersion::Lenient,
            _ => ReaderVersion::Marked,
        },
    }
}

pub fn file(input: &[u8], chance: &mut Rng) {
    let (name, options) = (NAMES[chance.usize(..NAMES.len())], options(chance));
    let table = read(name, input, options);
    if chance.u32(..8) == 0 {
        assert!(table == read(name, input, options), "read otherwise the second time");
    }
    match table {
        Ok(table) => whole_table(&table, options, chance),
        Err(problem) => refused(&problem, options),
    }
}

fn refused(problem: &DataProblem, options: ReadOptions) {
    fits_a_screen(&problem.to_string());
    if let DataProblem::BadLines { lines, count } = problem {
        assert!(
            !lines.is_empty() && lines.len() <= DataProblem::LINES_MAX && *count >= lines.len() as u64,
            "{problem:?}"
        );
        assert!(lines.iter().all(|(line, why)| *line > 0 && !why.is_empty()), "{problem:?}");
    }
    let _ = options;
}

fn whole_table(table: &Table, options: ReadOptions, chance: &mut Rng) {
    assert!(!table.is_empty() && !table.columns().is_empty());
    table.notes().iter().for_each(|note| fits_a_screen(note));
    assert!(options.bad_lines == BadLines::Skip || table.skipped().is_empty());
    table.skipped().iter().for_each(|(line, why)| {
        assert!(*line > 0);
        fits_a_screen(why);
    });
    let columns = table.columns();
    let first = &columns[0];
    for row in (0..table.len()).take(ROWS_SEEN).chain(table.len().saturating_sub(ROWS_SEEN)..table.len()) {
        let cells = table.cells(row);
        assert_eq!(cells.len(), columns.len(), "cells of row {row}");
        assert_eq!(table.id(row, Some(first)), cells[0]);
        assert!(table.are_copies(row, row, None));
    }
    let faults = table.id_faults(first);
    assert!((faults.blank + faults.shared) as usize <= table.len(), "{faults:?}");
    assert_eq!(faults.example.is_some(), faults.shared > 0, "{faults:?}");
    assert!(table.duplicate_rows(Some(first)) < table.len());
    match chance.u32(..3) {
        0 => rendered(table, chance),
        1 => exported_as_csv(table, options.version),
        _ => exported_as_lines(table),
    }
}

/// A cell gets into a prompt as it is in the table.
fn rendered(table: &Table, chance: &mut Rng) {
    let column = &table.columns()[chance.usize(..table.columns().len())];
    let prompt = match Prompt::parse("", &format!("<{{{{{column}}}}}>"), table.columns()) {
        Ok(prompt) => prompt,
        Err(problem) => return fits_a_screen(&problem.to_string()),
    };
    let without_columns = Prompt::parse("", "What is it?", table.columns()).expect("a text");
    without_columns.advice(table.format()).into_iter().for_each(fits_a_screen);
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    // Other names may be read as an expression, and these stand for something else.
    let is_plain =
        column.chars().all(letter) && !["true", "false", "none", "True", "False", "None"].contains(&&**column);
    for row in (0..table.len()).take(ROWS_SEEN) {
        match render(&prompt, table, row) {
            Ok((_, user)) if is_plain && matches!(table.format(), Format::Csv { .. }) && user != "<>" => {
                assert_eq!(user, format!("<{}>", table.cell(row, column)));
            }
            Ok(_) => {}
            Err(problem) => fits_a_screen(&problem.to_string()),
        }
    }
}

/// A CSV export is a data file with the same cells, for the reader of the table.
fn exported_as_csv(table: &Table, version: ReaderVersion) {
    let answers = AnswerColumns::default();
    let mut file = csv_header(table.columns(), &answers, false);
    let rows = table.len().min(ROWS_SEEN);
    for row in 0..rows {
        let export = ExportRow { id: "1", state: ExportState::Succeeded, result: Some("x"), ..ExportRow::default() };
        file.push_str(&csv_row(&table.cells(row), &export, &answers, false));
    }
    let options = ReadOptions { format: Some(Format::Csv { delimiter: b',' }), version, ..ReadOptions::default() };
    let again = read("a.csv", file.as_bytes(), options).unwrap_or_else(|why| panic!("own export {file:?}: {why}"));
    assert_eq!(again.len(), rows, "rows of the own export {file:?}");
    for row in 0..rows {
        let cells = table.cells(row);
        // A mark at the start of a line is one of the file's, wherever files were joined.
        let without_mark = |cells: &[String]| {
            let mut cells = cells.to_vec();
            cells[0] = cells[0].trim_start_matches('\u{feff}').to_owned();
            // No NUL is written.
            cells.iter_mut().for_each(|cell| cell.retain(|c| c != '\0'));
            cells
        };
        let found = without_mark(&again.cells(row)[..cells.len()]);
        assert_eq!(found, without_mark(&cells), "cells of the own export {file:?}");
    }
}

/// A JSON export is a checkpoint with the same ids and answers.
fn exported_as_lines(table: &Table) {
    let rows = table.len().min(ROWS_SEEN);
    let id = |row| table.id(row, Some(&table.columns()[0]));
    let answer = |row| table.cells(row).pop().unwrap_or_default();
    let line = |row| {
        let (id, answer) = (id(row), answer(row));
        let export =
            ExportRow { id: &id, result: Some(&answer), state: ExportState::Succeeded, ..ExportRow::default() };
        jsonl_line(&export, &AnswerColumns::default())
    };
    let file: String = (0..rows).map(line).collect();
    let checkpoint = Checkpoint::read(file.as_bytes()).unwrap_or_else(|why| panic!("own export {file:?}: {why}"));
    assert_eq!((checkpoint.lines as usize, checkpoint.bad_count, checkpoint.torn), (rows, 0, false), "{file:?}");
    for row in 0..rows {
        // Of rows with one id the last counts.
        if (row + 1..rows).all(|later| id(later) != id(row)) {
            let found = checkpoint.answer(&id(row)).map(|answer| answer.text.clone());
            assert_eq!(found, Some(answer(row)), "{file:?}");
        }
    }
}

static TABLES: LazyLock<[Table; 2]> = LazyLock::new(|| {
    let csv = "id,name,my column,a-b,Größe,row,list\n1,Ann,\"x, y\",5,ü,r,[]\n2,,  ,-1.5,\u{1f600},,\n";
    let json = concat!(
        r#"{"id":1,"name":"Ann","my column":null,"a-b":1.50,"Größe":{"z":[1,2,{"a":null}]},"row":"r","list":["a","b"]}"#,
        "\n",
        r#"{"id":18446744073709551616,"name":"\ud83d","list":[[],{}]}"#,
    );
    ["a.csv", "a.jsonl"].map(|name| {
        let text = if name == "a.csv" { csv } else { json };
        read(name, text.as_bytes(), ReadOptions::default()).expect("a table")
    })
});

pub fn prompts() -> Corpus {
    let tests = ["tests/dataset/prompts.rs", "tests/dataset/values.rs", "src/dataset/tags.rs", "src/dataset/jinja.rs"];
    let tests = tests.into_iter().chain(["src/dataset/prompt_advice.rs", "src/dataset/template.rs"]);
    Corpus::new(
        tests.flat_map(literals::of_file),
        &[
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "{{name}}",
            "{{ list }}",
            "{{my column}}",
            "{{ row[\"a-b\"] }}",
            "{{Größe.z[2]}}",
            "{% for x in list %}",
            "{% endfor %}",
            "{% if name %}",
            "{% else %}",
            "{% endif %}",
            "{% set a = 1 %}",
            "{% raw %}",
            "{% endraw %}",
            "{% macro m(x) %}",
            "{% endmacro %}",
            "{{ m(m) }}",
            "{% block b %}",
            "{% endblock %}",
            "|upper",
            "|join(\",\")",
            "|tojson",
            "|default(\"\")",
            "|round(2)",
            "|truncate(5)",
            "|replace(\"a\", \"b\")",
            "|indent(999999999)",
            "|batch(3)",
            "|slice(9)",
            "|int",
            ".split(\",\")",
            ".format(1)",
            "[::-1]",
            "[-1:5]",
            "[0:1e9]",
            "range(100000)",
            "loop.index",
            "~",
            " * 999999999",
            "\"x\" * 9999",
            " ** 99",
            " // 0",
            " % 0",
            " is defined",
            " in list",
            " not ",
            "-%}",
            "{%-",
            "{{-",
            "-}}",
            "namespace()",
            "(((((((((((((",
            "{% include \"a\" %}",
        ],
    )
}

pub fn prompt(input: &[u8], chance: &mut Rng) {
    let text = String::from_utf8_lossy(input);
    let table = &TABLES[chance.usize(..2)];
    let (system, user) = match chance.u32(..4) {
        0 => (&*text, "{{name}}"),
        _ => ("", &*text),
    };
    let prompt = match Prompt::parse(system, user, table.columns()) {
        Ok(prompt) => prompt,
        Err(problem) => return template_problem(&problem, &text),
    };
    prompt.advice(table.format()).into_iter().for_each(fits_a_screen);
    assert!(prompt.shared_user_bytes() <= user.len());
    for row in 0..table.len() {
        match render(&prompt, table, row) {
            Ok(texts) if chance.u32(..8) == 0 => assert_eq!(render(&prompt, table, row), Ok(texts)),
            Ok(_) => {}
            Err(problem) => template_problem(&problem, &text),
        }
    }
}

fn template_problem(problem: &TemplateProblem, text: &str) {
    fits_a_screen(&problem.to_string());
    if let TemplateProblem::Syntax { line, .. } = problem {
        let lines = 1 + text.matches('\n').count() + text.matches('\r').count();
        assert!(*line >= 1 && *line as usize <= lines, "line {line} of {lines}: {problem}");
    }
}

pub fn checkpoints() -> Corpus {
    let fixtures = project_files("tests/dataset/fixtures").into_iter().map(|(_, bytes)| bytes);
    let tests = ["tests/dataset/checkpoints.rs", "tests/dataset/exports.rs", "src/dataset/checkpoint.rs"];
    Corpus::new(
        tests.into_iter().chain(["src/dataset/json_text.rs"]).flat_map(literals::of_file).chain(fixtures),
        &[
            "{\"id\": \"a\", \"result\": \"x\"}\n",
            "{\"id\": 1.0, \"result\": null}",
            "\"finish\": \"stop\"",
            "\"id\":",
            "\"result\":",
            "1e308",
            "1.0",
            "-1e-400",
            "100000000000000000000.0",
            "1E+2",
            "{\"id\":\"",
            "\"}\n",
            "[{\"id\":1,\"result\":\"\"}]",
            "\u{1f}",
        ],
    )
}

pub fn checkpoint(input: &[u8], chance: &mut Rng) {
    match Checkpoint::read(input) {
        Ok(read) => {
            let lines = 1 + input.iter().filter(|byte| matches!(byte, b'\n' | b'\r' | b'{')).count() as u64;
            assert!(read.len() + read.repeated as usize == read.lines as usize, "{read:?}");
            assert!(read.bad.len() as u32 <= read.bad_count, "{read:?}");
            assert!(!read.torn || read.lines + read.bad_count <= lines as u32, "{read:?}");
            read.bad.iter().for_each(|(line, why)| {
                assert!(*line > 0, "{read:?}");
                fits_a_screen(why);
            });
            if chance.u32(..8) == 0 {
                assert_eq!(Checkpoint::read(input), Ok(read));
            }
        }
        Err(problem) => fits_a_screen(&problem.to_string()),
    }
    // Any text as an id and an answer comes back as it was.
    let text = String::from_utf8_lossy(input);
    let row = ExportRow { id: &text, result: Some(&text), state: ExportState::Imported, ..ExportRow::default() };
    let line = jsonl_line(&row, &AnswerColumns::default());
    let read = Checkpoint::read(line.as_bytes()).unwrap_or_else(|why| panic!("own line {line:?}: {why}"));
    assert_eq!(read.answer(&text).map(|answer| answer.text.as_str()), Some(&*text), "{line:?}");
    if let Some(same) = read.same_number("1") {
        assert!(read.answer(same).is_some());
    }
}
