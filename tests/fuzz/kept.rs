//! Inputs that failed once, kept so that they never fail again.

use crate::TARGETS;
use crate::run::run;

/// The target and the shortest input that failed. The comment says how.
const KEPT: &[(&str, &[u8])] = &[
    // The end of a tag was found inside of its beginning.
    ("prompts", b"{%}"),
    // A key that a space of no width breaks in two became whole when that was left out.
    ("bodies", "0f9e8d7c6\u{200b}b5a49380f".as_bytes()),
    // A table without a column.
    ("files", b"{}"),
    // A label that is another one in quotes: the target took the quotes for what a model puts around it.
    ("labels", b"a\n\"a\""),
    // A header that begins as a Feather file does.
    ("files", "FEA1\u{feff}{\u{200b}\n1,a\n".as_bytes()),
    // A NUL, which no CSV keeps.
    ("files", b"{\"nm\": \" \\u0000\\\"x\\\"\"}"),
    // Two names that differ only in a character that can't be seen: the export as CSV couldn't be read back.
    ("files", "{\"a\":1,\"a\u{2028}\":2}".as_bytes()),
    // A header that begins as a PDF does.
    ("files", b"sep=,\n%PDF-pDFPPDFPD-\nDF"),
    // A header of control characters: the export of a few rows was taken for a binary file.
    ("files", b"\x1f\x1f\x1f\x1f\x1f\"wo\nlines}\n{}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\nv\n{}\n\n}\n{}\n}\n{}\n}\n{}\n\n{}\n}\n{}\n}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\nv\n{}\n}\n{}\n}\n}{}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\nv\n{}\n}\n{}}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\nv\n{}\n}\n{}\n}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\n}\n{}\n"),
    // Texts glued to a record: each counted as a line.
    ("checkpoints", b"\"\"\"\"\"\"{\"\":\"\",\"\":\"\"}\n\""),
    // A column whose name is one of ours with a blank behind it: the export had it twice.
    ("files", b"{\"i\":\"\",\"attempts \":null}"),
    // A header that begins as rich text does.
    ("files", b" {\\rtf[\n  {\"\": x\",: \"\n]K"),
    // A header that begins as a Git LFS pointer does.
    ("files", b"version https://git-lfs.github.com/spec/v1,\nx,\n"),
    // An escape in the middle of a key hid it.
    ("bodies", b"{\"error\":{\"\":\"\",\"message\":\"t0f9e8d7c6b5a49\\u000038\"}}"),
    // A limit's reset as far away as a number can say.
    ("bodies", b" An object with an objecout these is an answer in\xc1JSON, which may have a field `NaNtext` of its own."),
    // Letters joined by commas, joined by commas, and so on: each doubles the text.
    (
        "prompts",
        b"{{ ':['|join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")\
          |join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")\
          |join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\")|join(\",\") }}",
    ),
];

#[test]
fn inputs_that_failed_once_hold() {
    for (name, input) in KEPT {
        let target = TARGETS.iter().find(|target| target.name == *name);
        // Some targets need a feature.
        let Some(target) = target else { continue };
        if let Err(failed) = run(target, input) {
            panic!("{name}: \"{}\": {failed:?}", input.escape_ascii());
        }
    }
}
