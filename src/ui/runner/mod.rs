//! The runner: four numbered steps, and the run. Here: what the typed texts mean (`parse`), the words (`words`,
//! `status_line`), and the components that draw it all.
//! Not here: reading files, sending calls, saving: the worker does all of it, by the messages in `link`.

mod answer_fields;
mod answers_panel;
mod batch_files;
mod batch_panel;
mod candidates;
mod checkpoint_import;
mod compare_panel;
mod comparison;
mod confirm;
mod connection_note;
mod data_step;
mod data_tiles;
mod demo_fields;
mod estimate_panel;
mod estimate_words;
mod export_bar;
mod figures;
mod file_estimate;
mod focus;
mod form_field;
mod lane_fields;
mod lane_list;
mod limits_step;
pub mod link_query;
mod near_duplicates;
mod page;
mod parse;
mod pasted;
mod pause_note;
mod prompt_step;
mod provider_step;
mod result_detail;
mod results;
mod resume_banner;
mod row_fields;
mod run_controls;
mod run_delete;
mod run_head;
mod run_limits;
mod run_plot;
mod run_status;
mod run_view;
mod status_line;
mod step_section;
mod steps;
mod tell_me;
mod trial_panel;
mod window;
pub mod words;
mod working;

#[cfg(test)]
mod tests;

pub use confirm::Confirm;
pub use file_estimate::{FileEstimate, FileEstimateProps};
pub use page::{RunnerPage, RunnerPageProps};
pub use pause_note::refocus;
pub use run_delete::DELETED_WORDS;
pub use run_view::{RunView, RunViewProps};
pub use status_line::status_line;
