//! The rows of a file before a run: read, rendered, counted, and what they would cost.
//!
//! | file | holds |
//! |---|---|
//! | `data` | the data file that is open |
//! | `reading` | files that the person gives |
//! | `prepare` | equal requests, token counts and cached answers of every row |
//! | `counting` | exact token counts, by the model's own tokenizer |
//! | `provider_count` | tokens of some rows as the provider counts them |
//! | `preview` | one row as it would be sent |
//! | `forecast` | what the rows would cost, and how long they would take |

pub mod counting;
pub mod data;
pub mod forecast;
pub mod prepare;
pub mod preview;
pub mod provider_count;
pub mod reading;
