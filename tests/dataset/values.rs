//! Values reach the prompt as the file writes them, and the Jinja that people know works on them.

use super::prompts::rendered;
use super::*;

const CSV: Format = Format::Csv { delimiter: b',' };

fn line(json: &str) -> Table {
    table("a.jsonl", &format!("{json}\n"))
}

#[test]
fn numbers_keep_every_digit() {
    let table = line(
        "{\"iccid\": 89014103211118510720, \"price\": 19.90, \"qty\": 1e3, \"n\": 5, \"zero\": -0, \"pi\": 3.14159265358979323846, \
         \"list\": [1.10, 2.0, 12345678901234567890123], \"rec\": {\"a\": 0.50}, \"wide\": 1234567890123456789012345678901234567890}",
    );
    for (prompt, expected) in [
        ("{{ iccid }}|{{ price }}|{{ qty }}|{{ n }}", "89014103211118510720|19.90|1e3|5"),
        ("{{ zero }} {{ pi }} {{ wide }}", "-0 3.14159265358979323846 1234567890123456789012345678901234567890"),
        ("{{ list }} {{ rec }}", "[1.10,2.0,12345678901234567890123] {\"a\":0.50}"),
        ("{{ list | tojson }} {{ rec.a }} {{ row.price }}", "[1.10, 2.0, 12345678901234567890123] 0.50 19.90"),
        ("{{ list | join('; ') }} {{ price | string }}", "1.10; 2.0; 12345678901234567890123 19.90"),
        ("{% for x in list %}{{ x }} {% endfor %}", "1.10 2.0 12345678901234567890123 "),
        ("{{ price * 2 }} {{ n + 1 }} {{ price > 19 }} {{ price | round }}", "39.8 6 true 20.0"),
        ("{{ price | int }} {{ iccid + 1 }}", "19 89014103211118510721"),
    ] {
        assert_eq!(rendered(&table, prompt), expected, "{prompt}");
    }
    assert_eq!(table.cell(0, "price"), "19.90");
}

#[test]
fn numbers_that_differ_are_different_prompts() {
    let ids = ["89014103211118510720", "89014103211118510721", "8901410321111851072.1", "8901410321111851072.2"];
    let lines: String = ids.iter().map(|id| format!("{{\"id\": {id}}}\n")).collect();
    let table = table("a.jsonl", &lines);
    let prompt = Prompt::parse("", "{{ id }}", table.columns()).expect("a prompt");
    for (row, id) in ids.iter().enumerate() {
        assert_eq!(render(&prompt, &table, row).expect("a row").1, *id);
    }
    // Two in one row that a float can't tell apart.
    let pair = line("{\"a\": 8901410321111851072.1, \"b\": 8901410321111851072.2, \"c\": 19.9, \"d\": 19.90}");
    assert_eq!(rendered(&pair, "{{ a }} {{ b }}"), "8901410321111851072.1 8901410321111851072.2");
    assert_eq!(rendered(&pair, "{% if c == d %}{{ c }}{% endif %}"), "19.9");
}

/// huggingface/swift-jinja #71.
#[test]
fn nested_objects_keep_their_order() {
    let table = line("{\"rec\": {\"title\": \"Heat\", \"cast\": [\"A\"], \"a\": {\"z\": 1, \"b\": null}}}");
    for (prompt, expected) in [
        ("{{ rec }}", "{\"title\":\"Heat\",\"cast\":[\"A\"],\"a\":{\"z\":1,\"b\":null}}"),
        ("{{ rec | tojson }}", "{\"title\": \"Heat\", \"cast\": [\"A\"], \"a\": {\"z\": 1, \"b\": null}}"),
        ("{% for k in rec %}{{k}} {% endfor %}", "title cast a "),
        ("{{ rec.a | tojson(sort_keys=true) }}", "{\"b\": null, \"z\": 1}"),
        ("{{ rec.a | tojson(indent=2) }}", "{\n  \"z\": 1,\n  \"b\": null\n}"),
        ("{{ [] | tojson(2) }}{{ {} | tojson(indent=2) }}", "[]{}"),
    ] {
        assert_eq!(rendered(&table, prompt), expected, "{prompt}");
    }
}

#[test]
fn json_in_a_prompt_is_not_escaped_for_a_web_page() {
    let table = table("a.csv", "name\n\"Ben & Jerry's <b> é \"\"x\"\"\"\n");
    for (report, prompt, expected) in [
        ("huggingface/transformers #31100", "{{ name | tojson }}", "\"Ben & Jerry's <b> é \\\"x\\\"\""),
        (
            "mistralai/mistral-common #311",
            "{{ name | tojson(ensure_ascii=False) }}",
            "\"Ben & Jerry's <b> é \\\"x\\\"\"",
        ),
        ("lablup/mlxcel #1309", "{{ name | tojson(ensure_ascii=True) }}", "\"Ben & Jerry's <b> \\u00e9 \\\"x\\\"\""),
        ("", "{{ {'name': name} | tojson }}", "{\"name\": \"Ben & Jerry's <b> é \\\"x\\\"\"}"),
    ] {
        assert_eq!(rendered(&table, prompt), expected, "{report}");
    }
}

#[test]
fn python_s_methods_and_jinja_s_filters_work() {
    let table = line(
        "{\"name\": \"  Oat Milk, 1 l \", \"text\": \"The quick brown fox jumps over the lazy dog\", \"tags\": [\"a\", \"b\"], \
         \"rec\": {\"title\": \"Heat\"}, \"n\": 7}",
    );
    for (report, prompt, expected) in [
        ("mitsuhiko/minijinja #438", "{{ name.strip() }}", "Oat Milk, 1 l"),
        ("pallets/jinja #964", "{{ name.split(',')[0].strip() }}", "Oat Milk"),
        ("", "{{ name.upper().lower().title().strip() }}", "Oat Milk, 1 L"),
        ("", "{{ name.replace('Oat', 'Soy').strip() }}", "Soy Milk, 1 l"),
        ("", "{{ name.strip().startswith('Oat') }} {{ name.strip().removeprefix('Oat ') }}", "true Milk, 1 l"),
        ("", "{{ '7'.zfill(3) }} {{ '-7'.zfill(3) }}", "007 -07"),
        ("", "{{ ', '.join(tags) }} {{ rec.get('title') }} {{ rec.get('year', '?') }}", "a, b Heat ?"),
        ("", "{% for k, v in rec.items() %}{{ k }}={{ v }}{% endfor %}", "title=Heat"),
        (
            "",
            "{{ text | truncate(20) }}|{{ text | truncate(20, true) }}|{{ text | truncate(20, true, '') }}",
            "The quick brown...|The quick brown f...|The quick brown fox ",
        ),
        (
            "",
            "{{ text | truncate(length=20, end='…') }}|{{ text | truncate(40) }}|{{ text | truncate }}",
            "The quick brown…|The quick brown fox jumps over the lazy dog|The quick brown fox jumps over the lazy dog",
        ),
        ("", "{{ text | wordcount }}", "9"),
        ("", "{{ '%s-%05d' | format(rec.title, n) }} {{ '{}: {:.2f}'.format(rec.title, n) }}", "Heat-00007 Heat: 7.00"),
        (
            "",
            "{{ tags | sort(reverse=true) | unique | join('/') }} {{ n // 2 }} {{ n ** 2 }} {{ 'a' in tags }}",
            "b/a 3 49 true",
        ),
        ("mozilla/nunjucks #353", "{{\u{a0}n\u{a0}}} {{ \u{200b}n\u{2009}+\u{a0}1 }}", "7 8"),
        ("trivago/melody #85", "{%\u{a0}if\u{a0}n %}{{ 'a\u{a0}b' }}{% endif %}", "a\u{a0}b"),
    ] {
        assert_eq!(rendered(&table, prompt), expected, "{report}: {prompt}");
    }
}

#[test]
fn slices_work_on_columns_that_are_used_nowhere_else() {
    let table = table("a.csv", "name,k,my column\nabcdefgh,2,stuvwxyz\n");
    for (prompt, expected) in [
        ("{{ name[:4] }}", "abcd"),
        ("{{ name[0:4] }} {{ name[-5:] }} {{ name[:] }}", "abcd defgh abcdefgh"),
        ("{{ name[::2] }} {{ name[1::3] }} {{ name[1:6:2] }} {{ name[::-1] }}", "aceg beh bdf hgfedcba"),
        ("{{ name[:k | int] }}", "ab"),
        ("{{ name[(k | int):][:2] }}", "cd"),
        ("{{ name.upper()[:2] }} {{ name.split('d')[0][:2] }}", "AB ab"),
        ("{{ row['my column'][:2] }} {{ row.name[:2] }}", "st ab"),
        ("{% for c in name[:2] | list %}{{ c }}.{% endfor %}", "a.b."),
        ("{% if name[:2] == 'ab' %}{{ {'x': [1, 2, 3][1:]} }}{% endif %}", "{\"x\":[2,3]}"),
        ("{% raw %}{{ nothing[:4] }}{% endraw %}{{ ']:[' }}", "{{ nothing[:4] }}]:["),
    ] {
        assert_eq!(rendered(&table, prompt), expected, "{prompt}");
    }
    let unknown = Prompt::parse("", "{{ nmae[:4] }}", table.columns()).expect_err("unknown");
    assert!(matches!(&unknown, TemplateProblem::UnknownColumn { name, .. } if name == "nmae"), "{unknown:?}");
    let unknown = Prompt::parse("", "{{ name[:size] }}", table.columns()).expect_err("unknown");
    assert!(matches!(&unknown, TemplateProblem::UnknownColumn { name, .. } if name == "size"), "{unknown:?}");
}

/// The template is wrong for each row, so no row is blamed.
#[test]
fn what_does_not_work_names_what_to_write_instead() {
    let table = table("a.csv", "id,name\n1,Milk\n");
    for (prompt, line, words) in [
        ("{{ name.toUpperCase() }}", 1, "Write {{ name | upper }}"),
        ("\n{{ name.trim() }}", 2, "name.strip()"),
        ("{{ name | substr(4) }}", 1, "Write {{ name[:200] }}"),
        ("{{ name | striptags }}", 1, "prepare it in the file"),
        ("a\n\n{{ len(name) }}", 3, "Write {{ name | length }}"),
        ("{{ str(name) }}", 1, "Write {{ name | string }}"),
        ("{{ name | tojson(separators=1) }}", 1, "separators"),
        ("{{#if name}}x{{/if}}", 1, "Write {% if name %}"),
        ("{{{name}}}", 1, "Write two braces"),
        ("\n{{ $json.name }}", 2, "without a sign before it"),
        ("{{ name | replace(\u{2018}a\u{2019}, \u{201c}b\u{201d}) }}", 1, "Write straight quotes"),
    ] {
        let parsed = Prompt::parse("", prompt, table.columns());
        let problem = parsed.and_then(|prompt| render(&prompt, &table, 0)).expect_err(prompt);
        match &problem {
            TemplateProblem::Syntax { line: found, message } => {
                assert_eq!(*found, line, "{prompt}: {message}");
                assert!(message.contains(words), "{prompt}: {message}");
            }
            other => panic!("{prompt}: {other:?}"),
        }
    }
}

#[test]
fn a_prompt_that_asks_the_same_for_each_row_gets_advice() {
    for (report, system, user, words) in [
        ("langchain-ai/langchain #1914", "", "Classify {name} as dairy or meat.", Some("Did you mean {{name}}?")),
        ("langchain-ai/langchain #5051", "About {my column}.", "Classify it.", Some("Did you mean {{ my column }}?")),
        ("deepset-ai/haystack #9410", "", "Classify ${name}.", Some("Did you mean {{name}}?")),
        ("", "", "Classify <name> or [id].", Some("Did you mean {{id}}?")),
        ("", "", "Classify the product.", Some("No column is used, so that every row asks the same. Put a column")),
        ("", "", "Classify {{ name }} and {id}.", Some("{id} is sent as it stands. Did you mean {{id}}?")),
        ("", "", "Classify {{ name }}. Answer as {\"name\": \"…\"} in [name] or <name>.", None),
        ("", "{{ row }}", "Classify it.", None),
        ("", "", "{{ name[:2] }} {{{{name}}}}", None),
    ] {
        let parsed = Prompt::parse(system, user, &["id", "name", "my column"].map(String::from));
        let Ok(prompt) = parsed else { continue };
        match words {
            None => assert_eq!(prompt.advice(CSV), None, "{report}: {user}"),
            Some(words) => {
                let advice = prompt.advice(CSV).unwrap_or_default();
                assert!(advice.contains(words), "{report}: {user}: {advice}");
            }
        }
    }
}

#[test]
fn text_that_is_compared_with_a_number_gets_advice() {
    let advice = |user: &str, format| {
        let prompt = Prompt::parse("", user, &["name", "price"].map(String::from)).expect(user);
        prompt.advice(format).map(str::to_owned)
    };
    for user in ["{{ name }}{% if price > 10 %}!{% endif %}", "{{ 'x' if price>=-1.5 else name }}"] {
        let words = advice(user, CSV).unwrap_or_default();
        assert!(
            words.contains("price is compared with a number") && words.contains("price | float"),
            "{user}: {words}"
        );
        assert_eq!(advice(user, Format::Jsonl), None, "{user}");
    }
    for user in [
        "{{ name }} price > 10",
        "{% if price | float > 10 %}{{ name }}{% endif %}",
        "{% if name == '1' %}{{ price }}{% endif %}",
    ] {
        assert_eq!(advice(user, CSV), None, "{user}");
    }
}
