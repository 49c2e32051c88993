fn main() {
    pennybatch::worker::run();
}
