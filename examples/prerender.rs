//! Prints the page's opening state as HTML, drawn by the page's own components. `cargo dev` puts it into `index.html`, so
//! that the answer is there before any program runs, and where scripts are off.
//!
//! An example, so that it is compiled with what the tests are compiled with.

use std::time::SystemTime;

use pennybatch::time::Time;
use pennybatch::ui::{Opening, OpeningProps};
use yew::LocalServerRenderer;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock that is set");
    let props = OpeningProps { now: Time::from_ms(since.as_millis() as u64) };
    println!("{}", LocalServerRenderer::<Opening>::with_props(props).hydratable(false).render().await);
}
