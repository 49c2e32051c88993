use super::*;

#[test]
fn columns_are_the_union_of_all_keys() {
    let text = "{\"id\": 1, \"name\": \"a\"}\r\n\r\n{\"name\": \"b\\u00fc\", \"tags\": [1, 2], \"id\": 12345678901234567890123}\n{}\n";
    let table = table("a.jsonl", text);
    assert_eq!(table.columns(), ["id", "name", "tags"]);
    assert_eq!(rows(&table), [["1", "a", ""], ["12345678901234567890123", "bü", "[1, 2]"], ["", "", ""]]);
    assert_eq!(table.format(), Format::Jsonl);
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
    assert_eq!(prompts::rendered(&table, "{{ big }} {{ name }}"), "1e999 a");
}

#[test]
fn duplicates_are_found_whatever_their_spelling() {
    let table = table("a.jsonl", "{\"id\":1,\"a\":\"x\"}\n{ \"a\": \"\\u0078\", \"id\": 2 }\n{\"id\":3,\"a\":\"y\"}\n");
    assert_eq!(table.duplicate_rows(Some("id")), 1);
}

#[test]
fn names_that_look_the_same_are_one_name() {
    let problem =
        read("a.jsonl", "{\"a\": 1, \"a\u{2028}\": 2}".as_bytes(), ReadOptions::default()).expect_err("twice");
    assert_eq!(problem, DataProblem::DuplicateColumn { name: "a".into() });
}
