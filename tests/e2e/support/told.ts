/** The first byte of what the worker tells the page: which message it is. `tests/browser/link.rs` holds it to these. */
export const TOLD = { progress: 9, detail: 21, refused: 28 };
