//! Shared parts: fields, buttons, disclosures, notices. Each takes values and emits callbacks, and knows no page.
//! Not here: anything about models, runs or money.
//!
//! Every field has a visible label, which is its accessible name, and an id: a given one, or one made from the label,
//! which is then unique on its page. Hints and errors are tied to the field by `aria-describedby`.

mod announce;
mod bar_list;
mod button;
mod combobox;
mod copy_button;
mod dated;
mod disclosure;
mod field;
mod notice;
mod number_field;
mod progress_bar;
mod select_field;
mod stat;
mod switch;
mod text_field;

pub use announce::{HEARD, announce};
pub use bar_list::{Bar, BarList};
pub use button::{Button, ButtonKind};
pub use combobox::{Choice, Combobox};
pub use copy_button::CopyButton;
pub use dated::dated;
pub use disclosure::{Disclosure, reveal};
pub use field::slug;
pub use notice::{Notice, Tone};
pub use number_field::NumberField;
pub use progress_bar::ProgressBar;
pub use select_field::SelectField;
pub use stat::Stat;
pub use switch::Switch;
pub use text_field::{TextField, TextKind};
