//! Counts tokens by cl100k_base, in a worker of its own.

fn main() {
    pennybatch::worker::programs::tokenizer::serve_cl100k();
}
