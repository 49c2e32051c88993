//! Checks answers against a JSON schema, in a worker of its own.

fn main() {
    pennybatch::worker::programs::validator::serve();
}
