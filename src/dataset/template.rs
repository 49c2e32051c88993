//! Prompts with `{{column}}` placeholders (Jinja syntax).

use crate::dataset::{Table, TemplateProblem};

/// A parsed system and user prompt, whose columns all exist.
#[derive(Debug)]
pub struct Prompt {}

impl Prompt {
    /// Parses both templates and names the first column that the table lacks. The user prompt must not be empty.
    pub fn parse(system: &str, user: &str, columns: &[String]) -> Result<Prompt, TemplateProblem> {
        let _ = (system, user, columns);
        Err(TemplateProblem::Empty)
    }
}

/// `(system, user)` for one row.
pub fn render(prompt: &Prompt, table: &Table, row: usize) -> Result<(String, String), TemplateProblem> {
    let _ = (prompt, table, row);
    Err(TemplateProblem::Empty)
}
