//! One line of a CSV file, for other programs and for spreadsheets.

use crate::dataset::csv_rows::is_invisible;

/// RFC 4180, with its CRLF. `guard_formulas`: a cell that a spreadsheet would run gets a leading `'`.
pub fn csv_line(cells: impl Iterator<Item = impl AsRef<str>>, guard_formulas: bool) -> String {
    let mut line = String::new();
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            line.push(',');
        }
        // What reads CSV takes no NUL: most programs end the cell, or the file, there.
        let without_nul;
        let mut cell = cell.as_ref();
        if cell.contains('\0') {
            without_nul = cell.replace('\0', "");
            cell = &without_nul;
        }
        let guard = if guard_formulas && is_formula(cell) { "'" } else { "" };
        // Without quotes, \N would be read as a database's NULL.
        if cell.contains([',', '"', '\r', '\n']) || cell == "\\N" {
            line.extend(["\"", guard, &cell.replace('"', "\"\""), "\""]);
        } else {
            line.extend([guard, cell]);
        }
    }
    line.push_str("\r\n");
    line
}

/// Whether a spreadsheet may run it: spreadsheets skip blanks and control characters, and take full-width signs for
/// plain ones. Numbers, amounts and phone numbers are none, though they begin with a sign.
fn is_formula(cell: &str) -> bool {
    let seen = cell.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || is_invisible(c));
    match seen.chars().next() {
        Some('=' | '@' | '＝' | '＠') => true,
        Some('+' | '-' | '＋' | '－') => !is_number(seen),
        _ => cell.starts_with(['\t', '\r', '\n']),
    }
}

/// A sign, and then nothing but digits, separators and signs of currencies: no letter, so that no function can be named.
fn is_number(cell: &str) -> bool {
    let mut rest = cell.chars();
    rest.next();
    let rest = rest.as_str();
    let (digits, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, ""));
    let is_exponent = exponent.trim_start_matches(['+', '-']).bytes().all(|byte| byte.is_ascii_digit());
    let between = |c: char| {
        matches!(
            c,
            ' ' | '.' | ',' | '(' | ')' | '/' | '-' | '%' | '\'' | '\u{a0}' | '\u{202f}' | '$' | '€' | '£' | '¥'
        )
    };
    is_exponent && digits.chars().all(|c| c.is_ascii_digit() || between(c))
}
