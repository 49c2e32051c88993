//! What a file really is, whatever its name says: workbooks, documents, pictures and archives by their first bytes.

use crate::dataset::DataProblem;

/// An archive lists its parts at its start and at its end.
const ARCHIVE_BYTES_LOOKED_AT: usize = 64 * 1_024;

const SAVE_AS_CSV: &str = "In Excel choose File > Save as > \"CSV UTF-8\", and take that file.";
const EXPORT_CSV: &str = "Open it and export the table as CSV, then take that file.";
const UNPACK: &str = "Unpack it and take the CSV or JSONL file inside.";
const NO_ROWS: &str = "Put its text into a CSV or JSONL file, one row for each call.";
const BY_PANDAS: &str = "In Python, pandas reads it (read_parquet, read_feather, read_pickle, read_hdf, read_orc, \
                         read_stata, read_spss) and writes it with df.to_csv(\"rows.csv\", index=False).";

/// First bytes, what they mean, and what to do.
const SIGNATURES: [(&[u8], &str, &str); 34] = [
    // An encrypted .xlsx comes in the same container as an old .xls.
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook (.xls, or protected by a password)", SAVE_AS_CSV),
    (b"%PDF-1.", "a PDF document", NO_ROWS),
    (b"%PDF-2.", "a PDF document", NO_ROWS),
    (b"{\\rtf", "a rich text document (RTF)", "Save it as plain text, and take that file."),
    (b"\x89PNG", "a picture (PNG)", NO_ROWS),
    (b"\xff\xd8\xff", "a picture (JPEG)", NO_ROWS),
    (b"GIF87a", "a picture (GIF)", NO_ROWS),
    (b"GIF89a", "a picture (GIF)", NO_ROWS),
    (b"RIFF", "a picture or a recording (RIFF)", NO_ROWS),
    (b"II*\0", "a picture (TIFF)", NO_ROWS),
    (b"MM\0*", "a picture (TIFF)", NO_ROWS),
    (b"BM", "a picture (BMP)", NO_ROWS),
    (b"ID3", "a recording (MP3)", NO_ROWS),
    (b"OggS", "a recording (Ogg)", NO_ROWS),
    (b"PAR1", "a Parquet file", BY_PANDAS),
    (b"ARROW1", "an Arrow file", BY_PANDAS),
    (b"FEA1", "a Feather file", BY_PANDAS),
    (b"ORC", "an ORC file", BY_PANDAS),
    (b"Obj\x01", "an Avro file", BY_PANDAS),
    (b"\x89HDF", "an HDF5 file", BY_PANDAS),
    (b"\x93NUMPY", "a NumPy array", BY_PANDAS),
    (b"\x80\x04\x95", "a Python pickle", BY_PANDAS),
    (b"\x80\x05\x95", "a Python pickle", BY_PANDAS),
    (b"<stata_dta>", "a Stata file", BY_PANDAS),
    (b"$FL2@(#)", "an SPSS file", BY_PANDAS),
    (b"SQLite format 3\0", "an SQLite database", "Export it: sqlite3 -header -csv file.db \"SELECT * FROM t\" > t.csv"),
    (b"\x1f\x8b", "a gzip archive", UNPACK),
    (b"BZh", "a bzip2 archive", UNPACK),
    (b"\xfd7zXZ\0", "an xz archive", UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (b"bplist00", "an Apple property list", EXPORT_CSV),
    (
        b"version https://git-lfs.github.com/spec/v1\n",
        "a Git LFS pointer, which stands in for the file",
        "Fetch the file itself: git lfs pull",
    ),
];

/// Signatures of letters alone may begin a header too, so that they count only where bytes that no text has follow.
const LETTERS_ALONE: [&[u8]; 12] =
    [b"BM", b"ID3", b"ORC", b"BZh", b"RIFF", b"PAR1", b"OggS", b"FEA1", b"ARROW1", b"GIF87a", b"GIF89a", b"bplist00"];

/// What an archive's parts tell of it.
const ARCHIVES: [(&[u8], &str, &str); 7] = [
    (b"xl/", "an Excel workbook (.xlsx)", SAVE_AS_CSV),
    (b"opendocument.spreadsheet", "an OpenDocument spreadsheet (.ods)", EXPORT_CSV),
    (b"opendocument.text", "an OpenDocument text (.odt)", NO_ROWS),
    (b"word/", "a Word document (.docx)", NO_ROWS),
    (b"ppt/", "a PowerPoint presentation (.pptx)", NO_ROWS),
    (b".iwa", "an Apple Numbers or Pages document", EXPORT_CSV),
    (b".npy", "NumPy arrays (.npz)", BY_PANDAS),
];

const MARKUP: [(&str, &str, &str); 3] = [
    (
        "<!doctype html",
        "a web page (HTML)",
        "If it is a table that a program calls Excel, open it in Excel and choose File > Save as > \"CSV UTF-8\".",
    ),
    (
        "<html",
        "a web page (HTML)",
        "If it is a table that a program calls Excel, open it in Excel and choose File > Save as > \"CSV UTF-8\".",
    ),
    ("<?xml", "an XML file", "Open it in the program it comes from and export the table as CSV."),
];

/// Says what the bytes are, where they are no text.
pub fn check_bytes(bytes: &[u8]) -> Result<(), DataProblem> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        let head = &bytes[..bytes.len().min(ARCHIVE_BYTES_LOOKED_AT)];
        let tail = &bytes[bytes.len().saturating_sub(ARCHIVE_BYTES_LOOKED_AT)..];
        let found = ARCHIVES.iter().find(|(part, ..)| contains(head, part) || contains(tail, part));
        return Err(found.map_or_else(|| not_text("a ZIP archive", UNPACK), |(_, what, to_do)| not_text(what, to_do)));
    }
    match SIGNATURES.iter().find(|(signature, ..)| bytes.starts_with(signature)) {
        Some((signature, ..)) if LETTERS_ALONE.contains(signature) && !has_control_bytes(bytes) => Ok(()),
        Some((_, what, to_do)) => Err(not_text(what, to_do)),
        None => Ok(()),
    }
}

/// The same for text that is no table.
pub fn check_text(text: &str) -> Result<(), DataProblem> {
    let start = text.trim_start();
    let begins = |markup: &str| start.get(..markup.len()).is_some_and(|start| start.eq_ignore_ascii_case(markup));
    match MARKUP.iter().find(|(markup, ..)| begins(markup)) {
        Some(_) if contains(&start.as_bytes()[..start.len().min(4_096)], b"office:spreadsheet") => {
            Err(not_text("an Excel workbook (XML)", SAVE_AS_CSV))
        }
        Some((_, what, to_do)) => Err(not_text(what, to_do)),
        None => Ok(()),
    }
}

pub fn not_text(what: &str, to_do: &str) -> DataProblem {
    DataProblem::NotText { what: what.to_owned(), to_do: to_do.to_owned() }
}

fn has_control_bytes(bytes: &[u8]) -> bool {
    bytes.iter().take(512).any(|byte| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r'))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
