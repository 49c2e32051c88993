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
        // UTF-8 with a broken character, and a single-byte encoding that is not Windows-1252.
        ("id,name\r\n1,größe é\r\n2,caf".as_bytes().iter().copied().chain(*b"\xe9\r\n").collect(), 3),
        (b"id,name\n1,\x8f\x81\n".to_vec(), 2),
        // Cyrillic in Windows-1251: as Windows-1252 it would be nonsense.
        (b"id,name\n1,\xcc\xee\xeb\xee\xea\xee \xe8 \xf5\xeb\xe5\xe1\n".to_vec(), 2),
        (b"\xff\xfea\0\n\0b".to_vec(), 2),
        (broken_utf16, 2),
    ] {
        let problem = read("a.csv", &bytes, ReadOptions::default()).expect_err("no text");
        assert_eq!(problem, DataProblem::Encoding { line });
    }
    assert!(DataProblem::Encoding { line: 3 }.to_string().contains("CSV UTF-8"));
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
    assert_eq!(super::table("a.csv", ",name\n0,a\n").columns(), ["column_1", "name"]);
    assert_eq!(bad_lines("a.csv", "id,\"name\n1,2\n")[0].0, 1);
    let paragraph = "a word ".repeat(1_000);
    let twice = problem("a.csv", &format!("{paragraph},{paragraph}\n1,2\n")).to_string();
    assert!(twice.contains("a word …\"") && twice.len() < 300, "{twice}");
}

#[test]
fn nothing_to_run() {
    assert_eq!(problem("a.csv", ""), DataProblem::Empty);
    assert_eq!(problem("a.csv", " \r\n\n"), DataProblem::Empty);
    assert_eq!(problem("a.csv", "\u{feff}"), DataProblem::Empty);
    assert_eq!(problem("a.csv", "id,name\n"), DataProblem::NoRows);
    for (name, text) in [("a.jsonl", "{}\n{}\n"), ("a.json", "[{}]"), ("a.json", "{}")] {
        assert!(problem(name, text).to_string().contains("objects of the file are empty"), "{name}: {text}");
    }
    let none_left = read("a.jsonl", b"{}\n{\"a\n", SKIP).expect_err("no column is left");
    assert!(matches!(none_left, DataProblem::JsonShape { .. }), "{none_left}");
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
