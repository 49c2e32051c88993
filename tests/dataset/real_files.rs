//! Data files as Excel, pandas, databases and people write them. Each row of a table names the public report behind it,
//! where there is one.

use super::*;

fn cells(expected: &[&[&str]]) -> Vec<Vec<String>> {
    expected.iter().map(|row| row.iter().map(|cell| cell.to_string()).collect()).collect()
}

/// A file that is read: the report, its name and text, and its columns and rows.
type Read = (&'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static [&'static str]]);

fn all_are_read(reports: &[Read]) {
    for (report, name, text, columns, expected) in reports {
        let table = read(name, text.as_bytes(), ReadOptions::default());
        let table = table.unwrap_or_else(|problem| panic!("{report}: {text:?}: {problem}"));
        assert_eq!(table.columns(), *columns, "{report}: {text:?}");
        assert_eq!(rows(&table), cells(expected), "{report}: {text:?}");
    }
}

#[test]
fn a_sep_line_names_the_delimiter_and_is_no_header() {
    let milk: &[&[&str]] = &[&["1", "Milk"], &["2", "Eggs"]];
    all_are_read(&[
        ("PowerShell/PowerShell #7776", "a.csv", "sep=;\r\nid;name\r\n1;Milk\r\n2;Eggs\r\n", &["id", "name"], milk),
        ("mholt/PapaParse #951", "a.csv", "sep=,\r\nid,name\r\n1,Milk\r\n2,Eggs\r\n", &["id", "name"], milk),
        ("rap2hpoutre/fast-excel #327", "a.csv", "\u{feff}sep=;\nid;name\n1;Milk\n2;Eggs\n", &["id", "name"], milk),
        ("mechatroner/vscode_rainbow_csv #108", "a.csv", "SEP=|\nid|name\n1|Milk\n2|Eggs\n", &["id", "name"], milk),
        ("", "a.csv", "sep=\t\nid\tname\n1\tMilk\n2\tEggs\n", &["id", "name"], milk),
        ("", "a.csv", "sep=\\t\nid\tname\n1\tMilk\n2\tEggs\n", &["id", "name"], milk),
        (
            "saved again by a spreadsheet",
            "a.csv",
            "sep=,,\nid,name,\n1,Milk,\n",
            &["id", "name", "column_3"],
            &[&["1", "Milk", ""]],
        ),
        ("a delimiter of its own", "a.csv", "sep=^\nid^name\n1^Milk\n2^Eggs\n", &["id", "name"], milk),
        ("a column of that name", "a.csv", "sep=a,name\n1,Milk\n2,Eggs\n", &["sep=a", "name"], milk),
    ]);
    let lines = bad_lines("a.csv", "sep=;\r\nid;name\r\n1;Milk\r\n2\r\n");
    assert_eq!(lines, [(4, "1 cell where the header has 2".to_string())], "its line counts");
}

#[test]
fn what_programs_mark_in_a_file_is_none_of_its_text() {
    let milk: &[&[&str]] = &[&["1", "Milk"], &["2", "Eggs"]];
    all_are_read(&[
        (
            "drewhjelm/firewall-audit #2",
            "a.csv",
            "#TYPE System.Management.Automation.PSCustomObject\r\n\"id\",\"name\"\r\n\"1\",\"Milk\"\r\n\"2\",\"Eggs\"\r\n",
            &["id", "name"],
            milk,
        ),
        (
            "PowerShell/PowerShell #9955",
            "a.csv",
            "#TYPE Selected.System.IO.DirectoryInfo\nid;name\n1;Milk\n2;Eggs\n",
            &["id", "name"],
            milk,
        ),
        ("a header that begins so", "a.csv", "#TYPE of,name\n1,Milk\n2,Eggs\n", &["#TYPE of", "name"], milk),
        (
            "parsecsv/parsecsv-for-php #213",
            "a.csv",
            "id;zip\n1;=\"0001234\"\n2;=\"\"\n3;\"=\"\"kept\"\"\"\n4;=1+1\n",
            &["id", "zip"],
            &[&["1", "0001234"], &["2", ""], &["3", "=\"kept\""], &["4", "=1+1"]],
        ),
        (
            "OkayCMS/OkayCMS #420, converted once more",
            "a.csv",
            "\u{ef}\u{bb}\u{bf}\"id\",name\n1,Milk\n2,Eggs\n",
            &["id", "name"],
            milk,
        ),
        (
            "a table out of a chat",
            "a.md",
            "| id | name |\n|---:|:-----|\n| 1 | Milk |\n| 2 | Eggs |\n",
            &["id", "name"],
            milk,
        ),
        (
            "a table out of a chat, without its frame",
            "a.txt",
            "id | name\n---|---\n1 | \"Milk\" brand\n2 | Eggs, brown\n",
            &["id", "name"],
            &[&["1", "\"Milk\" brand"], &["2", "Eggs, brown"]],
        ),
        ("a line break of Word's", "a.csv", "id,name\n1,a\u{b}b\n", &["id", "name"], &[&["1", "a\u{b}b"]]),
        ("Python's csv without newline=''", "a.csv", "id,name\r\r\n1,Milk\r\r\n2,Eggs\r\r\n", &["id", "name"], milk),
    ]);
    let notes = |text: &str| table("a.csv", text).notes().join(" ");
    assert!(notes("id,zip\n1,=\"007\"\n").starts_with("1 cell is written =\"…\", Excel's sign for a text"));
    let lines = "\"Device,\"\"OS\"\"\"\n\"1,\"\"Windows\"\"\"\n\"2,\"\"Windows\"\"\"\n";
    assert!(notes(lines).starts_with("Each line is one cell in quotes"), "PowerShell/PowerShell #18125");
    assert_eq!(notes("name\n\"a, b\"\nc\n"), "");
    let title = problem("a.csv", "Category: All categories\n\nWeek,milk\n2020-01-05,5\n2020-01-12,7\n").to_string();
    assert!(title.contains("If that line is a title, remove it"), "Google Trends: {title}");
}

#[test]
fn rows_of_delimiters_alone_are_passed_over_and_counted() {
    for (report, text, words) in [
        ("microsoft/AzureStorageExplorer #3136", "id,name,price\r\n1,Milk,2\r\n,,\r\n,,\r\n ,,\r\n", "3 rows have"),
        ("jakob/Postico #550", "id;name;price\n;;\n1;Milk;2\n", "1 row has"),
        ("OpenDataServices/flatten-tool #186", ",,\n\nid,name,price\n1,Milk,2\n,,,,,,\n\"\",\"\",\n", "2 rows have"),
    ] {
        let table = table("a.csv", text);
        assert_eq!(
            (table.columns(), rows(&table)),
            (&["id", "name", "price"].map(String::from)[..], cells(&[&["1", "Milk", "2"]])),
            "{report}"
        );
        assert!(table.notes()[0].starts_with(words), "{report}: {:?}", table.notes());
    }
    assert_eq!(super::table("a.csv", "id,name\n\n1,a\n\n").notes(), [""; 0], "an empty line is no row");
}

#[test]
fn blanks_around_quotes_are_none_of_the_cell() {
    all_are_read(&[
        (
            "pandas, skipinitialspace",
            "a.csv",
            "id, name\n1, \"Milk\"\n2, \"Milk, whole\"\n3, \"two\nlines\"\n",
            &["id", "name"],
            &[&["1", "Milk"], &["2", "Milk, whole"], &["3", "two\nlines"]],
        ),
        (
            "",
            "a.csv",
            "id,name,n\n1,\"Milk\" ,2\n\"2\"\t, \"a \"\"b\"\"\",3\n",
            &["id", "name", "n"],
            &[&["1", "Milk", "2"], &["2", "a \"b\"", "3"]],
        ),
        ("a quote that is a letter", "a.csv", "id,name\n1, \"5\" pipe\n", &["id", "name"], &[&["1", " \"5\" pipe"]]),
        ("no quote", "a.csv", "id,name\n1, Milk \n", &["id", "name"], &[&["1", " Milk "]]),
    ]);
}

#[test]
fn cells_beyond_the_header_are_cut_where_they_are_blank() {
    all_are_read(&[
        (
            "a delimiter ends each line",
            "a.csv",
            "id,name\n1,Milk,\n2,Eggs,\n",
            &["id", "name"],
            &[&["1", "Milk"], &["2", "Eggs"]],
        ),
        ("", "a.csv", "id,name,\n1,Milk,\n", &["id", "name", "column_3"], &[&["1", "Milk", ""]]),
        (
            "a spreadsheet's empty columns",
            "a.csv",
            "id,name\n1,Milk,,,, \n2,Eggs\n",
            &["id", "name"],
            &[&["1", "Milk"], &["2", "Eggs"]],
        ),
    ]);
    let short = problem("a.csv", "id,name\n\"1\",7,Milk\n\"2\",8,Eggs\n");
    assert_eq!(short, DataProblem::ShortHeader { columns: 2, cells: 3 }, "R's write.table");
    assert!(short.to_string().contains("put one before the header"), "{short}");
    assert_eq!(bad_lines("a.csv", "id,name\n1,Milk\n2,Eggs, brown\n")[0].0, 3, "one line alone is bad");
}

#[test]
fn tab_separated_files_follow_their_own_conventions() {
    all_are_read(&[
        (
            "a quote is a letter",
            "a.tsv",
            "id\tname\n1\t\"Milk\" brand\n2\t\"Eggs\n3\tx\n",
            &["id", "name"],
            &[&["1", "\"Milk\" brand"], &["2", "\"Eggs"], &["3", "x"]],
        ),
        (
            "Excel quotes",
            "a.tsv",
            "id\tname\n1\t\"two\nlines\"\n2\t\"say \"\"hi\"\"\"\n",
            &["id", "name"],
            &[&["1", "two\nlines"], &["2", "say \"hi\""]],
        ),
        (
            "quotes of two lines",
            "a.tsv",
            "id\tname\ttext\n1\t\"a\tb\n2\tc\"\td\n",
            &["id", "name", "text"],
            &[&["1", "\"a", "b"], &["2", "c\"", "d"]],
        ),
        ("tabs in a .csv", "a.csv", "id\tname\n1\tMilk, whole\n", &["id", "name"], &[&["1", "Milk, whole"]]),
        ("decimal commas", "a.csv", "id;price\n1;1,50\n2;2,20\n", &["id", "price"], &[&["1", "1,50"], &["2", "2,20"]]),
        ("MySQL's \\N", "a.tsv", "id\tname\n1\t\\N\n2\tC:\\new\n", &["id", "name"], &[&["1", ""], &["2", "C:\\new"]]),
        ("Postgres's \\N", "a.csv", "id,name\n1,\\N\n2,\"\\N\"\n", &["id", "name"], &[&["1", ""], &["2", "\\N"]]),
    ]);
    let nulls = table("a.csv", "id,name\n1,\\N\n2,b\n");
    assert!(nulls.notes()[0].contains("a database's NULL"), "{:?}", nulls.notes());
    let escaped = bad_lines("a.csv", "id,name\n1,\"5\\\" pipe\"\n2,b\n");
    assert!(escaped[0].0 == 2 && escaped[0].1.contains("write it twice"), "MySQL's escapes: {escaped:?}");
}

#[test]
fn marks_that_cannot_be_seen_are_none_of_a_name() {
    all_are_read(&[
        (
            "alphagov/notifications-utils #536",
            "a.csv",
            "\u{feff}\u{feff}id,name\n1,a\n",
            &["id", "name"],
            &[&["1", "a"]],
        ),
        ("docling-project/docling #4097", "a.csv", "id,name\u{200b}\n1,a\n", &["id", "name"], &[&["1", "a"]]),
        ("files put together", "a.csv", "id,name\n1,a\n\u{feff}2,b\n", &["id", "name"], &[&["1", "a"], &["2", "b"]]),
        ("files put together", "a.jsonl", "\u{feff}{\"id\":1}\n\u{feff}{\"id\":2}\n", &["id"], &[&["1"], &["2"]]),
        ("the end of a DOS file", "a.csv", "id,name\r\n1,a\r\n\u{1a}", &["id", "name"], &[&["1", "a"]]),
    ]);
}

#[test]
fn encodings_are_told_apart() {
    for (name, encoding, columns, first) in [
        ("windows-1252.csv", "Windows-1252", "id,Größe,Preis", "1,Müsli „groß“,4,99 €"),
        ("utf-16-le-without-mark.csv", "UTF-16 without a byte order mark", "id,name", "1,Größe"),
        ("utf-16-be-without-mark.csv", "UTF-16 without a byte order mark", "id,name", "1,Größe"),
        ("sql-server.csv", "UTF-8", "id,name,note", "1,Milk,"),
        ("mac-roman-line-ends.csv", "UTF-8", "id,name", "1,Milk"),
        ("two-marks-and-sep.csv", "UTF-8 with a byte order mark", "id,name", "1,Milk"),
        ("marks-inside.jsonl", "UTF-8 with a byte order mark", "id", "1"),
    ] {
        let table =
            read(name, &fixture(name), ReadOptions::default()).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        let found = (table.encoding(), table.columns().join(","), table.cells(0).join(","));
        assert_eq!(found, (encoding, columns.into(), first.into()), "{name}");
    }
    let notes = |name: &str| read(name, &fixture(name), ReadOptions::default()).expect(name).notes().to_vec();
    assert!(notes("windows-1252.csv")[0].contains("read as Windows-1252"));
    assert_eq!(notes("sql-server.csv"), ["3 NUL characters were left out."]);
}

#[test]
fn what_is_no_table_is_named_with_what_to_do() {
    for (name, bytes, what, to_do) in [
        ("workbook.csv", fixture("workbook.csv"), "an Excel workbook (.xlsx)", "CSV UTF-8"),
        ("sheet.ods", fixture("sheet.ods"), "an OpenDocument spreadsheet", "export the table as CSV"),
        ("archive.csv", fixture("archive.csv"), "a ZIP archive", "Unpack it"),
        ("a.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0".to_vec(), "an Excel workbook (.xls", "CSV UTF-8"),
        ("a.txt", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(), "a PDF document", "one row for each call"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\0\0".to_vec(), "a picture (PNG)", "one row for each call"),
        ("a.csv", b"PAR1\x15\x04\x15\x10".to_vec(), "a Parquet file", "to_csv"),
        ("a.csv", b"\x80\x04\x95\x10\0\0".to_vec(), "a Python pickle", "to_csv"),
        ("a.csv", b"SQLite format 3\0\x10\0".to_vec(), "an SQLite database", "sqlite3"),
        ("rows.csv.gz", b"\x1f\x8b\x08\0".to_vec(), "a gzip archive", "Unpack it"),
        ("report.xls", b"\n<html><body><table><tr><td>id".to_vec(), "a web page (HTML)", "open it in Excel"),
        (
            "a.csv",
            b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">".to_vec(),
            "an Excel workbook (XML)",
            "CSV UTF-8",
        ),
        (
            "a.csv",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n".to_vec(),
            "a Git LFS pointer",
            "git lfs pull",
        ),
        ("a.csv", (0..=255).cycle().take(2_000).collect(), "a binary file", "export it"),
        ("a.csv", vec![0; 64], "a binary file", "export it"),
    ] {
        let sentence = read(name, &bytes, ReadOptions::default()).expect_err(name).to_string();
        assert!(sentence.starts_with(&format!("This is {what}")), "{what}: {sentence}");
        assert!(sentence.contains(to_do), "{what}: {sentence}");
    }
    // Letters that begin a header, too.
    for text in ["BMI,name\n1,a\n", "ID3,name\n1,a\n", "ORC,name\n1,a\n", "PAR1,name\n1,a\n"] {
        assert_eq!(table("a.csv", text).len(), 1, "{text}");
    }
}

#[test]
fn control_characters_stay_in_the_text_that_has_them() {
    let table = table("a.csv", &format!("id,name\n1,a\u{1}b\n{}", "2,some longer text in a line\n".repeat(9)));
    assert_eq!(table.cell(0, "name"), "a\u{1}b");
}

#[test]
fn json_in_the_forms_that_programs_save() {
    let two: &[&[&str]] = &[&["1", "a"], &["2", "b"]];
    let columns: &[&str] = &["id", "name"];
    all_are_read(&[
        ("one list", "a.json", "[{\"id\": 1, \"name\": \"a\"}, {\"id\": 2, \"name\": \"b\"}]", columns, two),
        (
            "an API's answer",
            "a.json",
            "{\n  \"data\": [\n    {\"id\": 1, \"name\": \"a\"},\n    {\"id\": 2, \"name\": \"b\"}\n  ],\n  \"next\": null\n}\n",
            columns,
            two,
        ),
        (
            "in one line",
            "a.json",
            "{\"total\": 2, \"data\": [{\"id\": 1, \"name\": \"a\"}, {\"id\": 2, \"name\": \"b\"}]}",
            columns,
            two,
        ),
        (
            "deeper",
            "a.json",
            "{\"response\": {\"items\": [{\"id\": 1, \"name\": \"a\"}, {\"id\": 2, \"name\": \"b\"}], \"errors\": []}}",
            columns,
            two,
        ),
        (
            "jq without -c",
            "a.json",
            "{\n  \"id\": 1,\n  \"name\": \"a\"\n}\n{\n  \"id\": 2,\n  \"name\": \"b\"\n}\n",
            columns,
            two,
        ),
        (
            "jq without -c",
            "a.jsonl",
            "{\n  \"id\": 1,\n  \"name\": \"a\"\n}\n{\n  \"id\": 2,\n  \"name\": \"b\"\n}\n",
            columns,
            two,
        ),
        ("pretty printed", "pasted", "{\n  \"id\": 1,\n  \"name\": \"a\"\n}", columns, &[&["1", "a"]]),
        (
            "lines cut out of a list",
            "a.jsonl",
            "{\"id\": 1, \"name\": \"a\"},\n{\"id\": 2, \"name\": \"b\"},\n",
            columns,
            two,
        ),
        ("lone CR", "a.jsonl", "{\"id\": 1, \"name\": \"a\"}\r{\"id\": 2, \"name\": \"b\"}\r", columns, two),
        ("one row with a list", "a.jsonl", "{\"id\": 1, \"name\": [{\"x\": 1}]}\n", columns, &[&["1", "[{\"x\": 1}]"]]),
        (
            "Python's NaN",
            "a.jsonl",
            "{\"id\": 1, \"name\": NaN}\n{\"id\": 2, \"name\": \"NaN \\\" -Infinity\"}\n{\"id\": -Infinity, \"name\": \"NaN\"}\n",
            columns,
            &[&["1", "null"], &["2", "NaN \" -Infinity"], &["null", "NaN"]],
        ),
        (
            "half of a pair",
            "a.jsonl",
            "{\"id\": 1, \"name\": \"dairy \\ud83d\"}\n",
            columns,
            &[&["1", "dairy \u{fffd}"]],
        ),
        ("a table named .json", "a.json", "id,name\n1,a\n2,b\n", columns, two),
        (
            "pandas orient=table",
            "a.json",
            "{\"schema\":{\"fields\":[{\"name\":\"id\"},{\"name\":\"name\"}],\"pandas_version\":\"1.4.0\"},\"data\":[{\"id\":1,\"name\":\"a\"},{\"id\":2,\"name\":\"b\"}]}",
            columns,
            two,
        ),
        (
            "one line after a stream of records",
            "a.jsonl",
            "{\"id\":1,\"name\":\"a\"}{\"id\":2,\"name\":\"b\"}",
            columns,
            two,
        ),
    ]);
    let inside = table("a.json", "{\"response\": {\"items\": [{\"id\": 1}]}}");
    assert!(inside.notes()[0].contains("\u{201c}response.items\u{201d}"), "{:?}", inside.notes());
}

#[test]
fn json_that_holds_no_list_of_rows_says_what_it_is() {
    for (report, text, words) in [
        (
            "pandas to_json",
            "{\"id\":{\"0\":1,\"1\":2},\"name\":{\"0\":\"a\",\"1\":\"b\"}}",
            "an object for each column",
        ),
        ("pandas orient=split", "{\"columns\":[\"id\"],\"index\":[0],\"data\":[[1]]}", "column names lie apart"),
        ("pandas orient=values", "[[1,\"a\"],[2,\"b\"]]", "list of lists"),
        ("pandas to_dict(list)", "{\"id\":[1,2],\"name\":[\"a\",\"b\"]}", "a list for each column"),
        ("rows by name", "{\"SKU-1\": {\"name\": \"a\"},\n \"SKU-2\": {\"name\": \"b\"}}", "a name for each row"),
        ("several lists", "{\"train\": [{\"a\": 1}],\n \"test\": [{\"a\": 2}]}", "several lists: train, test"),
    ] {
        let sentence = problem("a.json", text).to_string();
        assert!(sentence.contains(words), "{report}: {sentence}");
        assert!(!sentence.contains("skip bad lines"), "{report}: {sentence}");
    }
}

#[test]
fn faults_of_json_are_named_by_their_line_with_what_to_do() {
    for (report, text, line, words) in [
        ("comments", "{\"id\": 1}\n// the next\n{\"id\": 2}\n", 2, "a comment, which JSON doesn't have"),
        ("comments", "{\n  // the first\n  \"id\": 1\n}\n", 2, "not valid JSON"),
        ("Python's repr", "{'id': 1}\n", 1, "json.dumps"),
        ("a comma at the end", "[\n{\"id\": 1},\n]", 3, "a comma before the closing bracket"),
        ("a list cut short", "[\n{\"id\": 1},\n{\"id\": 2", 3, "isn't complete"),
        ("two in a line", "{\"id\": 1}\n{\"id\": 2}{\"id\": 3}\n", 2, "two JSON objects in one line"),
        ("a first line that broke off", "{\"id\": 1,\n{\"id\": 2}\n", 1, "isn't complete"),
        ("expfactory/expfactory #107", "\"[{\\\"id\\\":1}]\"", 1, "encoded twice"),
        ("google/adk-python #3993", "{\"id\": 1}\n\"{\\\"id\\\":2}\"\n", 2, "encoded twice"),
        ("Python's words", "{\"id\": 1}\n{\"id\": 2, \"ok\": True, \"x\": None}\n", 2, "write true, false or null"),
        ("JavaScript's words", "{\n  \"id\": 1,\n  \"ok\": undefined\n}\n", 3, "write true, false or null"),
        ("a comma at the end of an object", "{\"id\": 1}\n{\"id\": 2,}\n", 2, "a comma before the closing bracket"),
    ] {
        let lines = bad_lines("a.json", text);
        assert_eq!((lines.len(), lines[0].0), (1, line), "{report}: {lines:?}");
        assert!(lines[0].1.contains(words), "{report}: {lines:?}");
    }
}

#[test]
fn wide_and_long_files_are_read() {
    let columns = 5_000;
    let header = (0..columns).map(|place| format!("c{place}")).collect::<Vec<_>>().join(",");
    let line = vec!["x"; columns].join(",");
    let wide = table("a.csv", &format!("{header}\n{line}\n{line}\n"));
    assert_eq!((wide.columns().len(), wide.len(), wide.cell(1, "c4999").as_str()), (columns, 2, "x"));
    let long = "a".repeat(5_000_000);
    assert_eq!(table("a.csv", &format!("id,text\n1,{long}\n2,b\n")).cell(0, "text").len(), long.len());
}

/// A column that can't name rows.
#[test]
fn ids_that_repeat_or_lack_are_counted() {
    for (report, text, blank, shared, example) in [
        ("openml/OpenML #96", "id,name\na,one\nb,two\na,three\n", 0, 2, Some("a")),
        ("OpenDataServices/cove #159", "id,name\n,one\n ,two\nc,three\n", 2, 0, None),
        ("activetigger/activetigger #154", "id,name\nb,1\na,2\na,3\nb,4\n,5\n", 1, 4, Some("b")),
        ("", "id,name\n1,a\n2,a\n", 0, 0, None),
    ] {
        let faults = table("a.csv", text).id_faults("id");
        assert_eq!((faults.blank, faults.shared, faults.example.as_deref()), (blank, shared, example), "{report}");
    }
}

/// A run that began under the first reader finds each row where it was.
#[test]
fn a_kept_run_reads_its_file_as_it_did() {
    let first: ReadOptions =
        serde_json::from_str("{\"bad_lines\":\"skip\",\"format\":{\"csv\":{\"delimiter\":44}}}").expect("kept options");
    let text = "id,name\n1,a\n,\n2, \"b\"\n3,c,\n\\N,d\n";
    let table = read("a.csv", text.as_bytes(), first).expect("rows");
    assert_eq!(rows(&table), cells(&[&["1", "a"], &["", ""], &["2", " \"b\""], &["\\N", "d"]]));
    assert_eq!(table.skipped().len(), 1);
    let second = ReadOptions { version: ReaderVersion::Lenient, ..ReadOptions::default() };
    let text = "\u{ef}\u{bb}\u{bf}id,name\n1,=\"007\"\n";
    let table = read("a.csv", text.as_bytes(), second).expect("rows");
    assert_eq!((table.columns()[0].as_str(), table.cell(0, "name").as_str()), ("\u{ef}\u{bb}\u{bf}id", "=\"007\""));
    let table = read("a.csv", b"#TYPE System.Object\nMilk\n", second).expect("rows");
    assert_eq!(table.columns(), ["#TYPE System.Object"]);
    let now = serde_json::to_string(&ReadOptions::default()).expect("JSON");
    assert!(now.contains("\"version\":\"marked\""), "{now}");
}
