use super::*;

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

pub fn rendered(table: &Table, user: &str) -> String {
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
        ("{% for key in row %}{{ key }},{% endfor %}", "my column,größe,2023,a-b,editor's note,say \"hi\",if,name,"),
    ] {
        assert_eq!(rendered(&table, user), expected, "{user}");
    }
}

/// A header's blanks can't be told apart by looking at them.
#[test]
fn a_blank_of_any_kind_is_a_blank() {
    let table = table("a.csv", "Item\u{a0}name,\"Line\nbreak\",a  b,a b,id\nM,L,2,1,7\n");
    for (user, expected) in [
        ("{{ Item name }}{{Item\u{a0}name}}{{ Item name | lower }}", "MMm"),
        ("{{ Line break }}{{ Line\nbreak }}", "LL"),
        ("{{ a b }}{{ a  b }}", "12"),
        ("{{ row['Item\u{a0}name'] }}{{\u{a0}id\u{a0}}}", "M7"),
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
    for (user, line) in
        [("{{ name", 1), ("a\nb {% if name %}\nc", 2), ("\n{{ name | nofilter( }}", 2), ("\n{%}", 2), ("{{}", 1)]
    {
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
fn what_a_message_quotes_is_cut() {
    let columns: Vec<String> = (0..40).map(|number| format!("{number} {}", "word ".repeat(500))).collect();
    let name = "name".repeat(500);
    for user in [format!("{{{{ {name} }}}}"), format!("{{% {name} %}}")] {
        let problem = Prompt::parse("", &user, &columns).expect_err("a long name").to_string();
        assert!(problem.chars().count() < 2_000, "{problem}");
    }
    let prompt = Prompt::parse("", "What is it?", &columns).expect("a text");
    assert!(prompt.advice(Format::Jsonl).is_some_and(|advice| advice.len() < 300));
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

    let doubled = format!("{{{{ name{} }}}}", " | tojson".repeat(60));
    let prompt = Prompt::parse("", &doubled, table.columns()).expect("a prompt");
    let problem = render(&prompt, &table, 0).expect_err("too large");
    assert!(problem.to_string().contains("too long"), "{problem}");
}
