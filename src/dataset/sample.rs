//! The sample data: 500 grocery products written for this project, some repeated, each with its category.

/// `id,name,category` rows as a CSV file: 466 names and 34 repeats.
pub fn sample_csv() -> &'static str {
    include_str!("sample.csv")
}
