//! The simulated provider of the tests.

/// How the simulated provider behaves.
#[derive(clap::Args)]
pub struct MockArgs {}

/// Serves the simulated provider until it is told to end.
pub async fn run(_args: MockArgs) -> Result<(), String> {
    Err("The simulated provider is not written yet.".to_owned())
}
