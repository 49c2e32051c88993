//! The check of answers against a JSON schema: the program that does it, and the questions it is asked.

use serde::{Deserialize, Serialize};

#[cfg(feature = "validator")]
use crate::answers::{SchemaCheck, SchemaProblem};
#[cfg(feature = "validator")]
use crate::worker::programs::program;
use crate::worker::programs::program::{Program, Unanswered};

/// For one answer or schema. Most take a thousandth of it, but a schema can be such that some answers keep the validator
/// busy for longer than anyone waits.
const CHECK_MS_MAX: u32 = 10_000;

#[derive(Serialize, Deserialize)]
enum Asked {
    /// The schema that all that follows is checked against.
    Schema(String),
    Answer(String),
}

#[derive(Serialize, Deserialize)]
enum Told {
    /// What is wrong with the schema, in a sentence.
    Schema(Option<String>),
    /// Why the answer doesn't fit.
    Answer(Option<String>),
}

/// The program's side.
#[cfg(feature = "validator")]
pub fn serve() {
    let mut check = None::<SchemaCheck>;
    program::serve(move |asked| match asked {
        Asked::Schema(schema) => {
            let made = SchemaCheck::new(&schema);
            let problem = made.as_ref().err().map(SchemaProblem::to_string);
            check = made.ok();
            Told::Schema(problem)
        }
        Asked::Answer(answer) => Told::Answer(match &check {
            Some(check) => check.misfit(&answer),
            None => Some("could not be checked, because the schema can't be used".into()),
        }),
    });
}

/// The worker's side: a validator for one schema.
pub struct Validator(Program);

impl Validator {
    /// Loads the program and gives it the schema. `Err`: it can't be loaded, or the schema can't be used.
    pub async fn start(schema: &str) -> Result<Validator, String> {
        let program = Program::start("validator").map_err(not_loaded)?;
        // A slow connection takes longer to load it than any check may take.
        program.ready().await.map_err(not_loaded)?;
        let validator = Validator(program);
        let told = validator.ask(&Asked::Schema(schema.to_owned())).await;
        match told.map_err(|unchecked| not_loaded(unchecked.to_string()))? {
            Told::Schema(None) => Ok(validator),
            Told::Schema(Some(problem)) => Err(format!("The JSON schema can't be used. {problem}")),
            Told::Answer(_) => Err(not_loaded("it answers out of turn".into())),
        }
    }

    pub fn is_broken(&self) -> bool {
        self.0.is_broken()
    }

    /// Why an answer doesn't fit, in words that continue "the answer …".
    pub async fn misfit(&self, answer: &str) -> Result<Option<String>, Unanswered> {
        match self.ask(&Asked::Answer(answer.to_owned())).await? {
            Told::Answer(misfit) => Ok(misfit),
            Told::Schema(_) => Err(Unanswered::Broken("it answers out of turn".into())),
        }
    }

    async fn ask(&self, question: &Asked) -> Result<Told, Unanswered> {
        self.0.ask(question, CHECK_MS_MAX).await
    }
}

fn not_loaded(why: String) -> String {
    format!(
        "The validator, which checks answers against the JSON schema, can't be used: {why}. Reload the page while it \
         can be reached, or choose another answer format."
    )
}
