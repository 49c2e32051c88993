//! Programs in workers of their own, and the checks that they do.
//!
//! | file | holds |
//! |---|---|
//! | `program` | a program that answers questions |
//! | `validator` | JSON Schema |
//! | `tokenizer` | token counts |
//! | `answer_check` | whether an answer fits the format it was asked for in |

pub mod answer_check;
pub mod program;
pub mod tokenizer;
pub mod validator;
