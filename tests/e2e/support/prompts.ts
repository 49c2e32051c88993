// What the tests ask, and which of the file's rows a message that arrived is about.

/** For the list of films: the simulated provider answers with one of the labels. */
export const SORT_FILMS =
  'Classify the film into exactly one genre: drama, comedy, action, horror, other. Respond with one word.';
/** For numbered rows. */
export const SORT_ROWS = 'Sort the row into exactly one category: produce, dairy, other. Respond with just the category name.';
/** Without labels: each message has an answer of its own. */
export const BRIEF = 'Be brief.';

/** Each row asks something of its own, so that what is sent tells which rows were open. */
export const ID_AND_TITLE = '{{id}}: {{title}}';

/** What `ID_AND_TITLE` asks for a row. */
export function promptOf(row: Record<string, string>): string {
  return `${row.id}: ${row.title}`;
}
