//! Counts tokens by o200k_base, in a worker of its own.

fn main() {
    pennybatch::worker::programs::tokenizer::serve_o200k();
}
