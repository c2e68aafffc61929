// Where something stands in a file that a user has written.

/** A line and a column, both from 1. */
export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

/** A place in a file; without a line where none is known. */
export interface DocumentPlace extends Partial<LineColumn> {
  readonly file: string;
  /** RFC 6901 pointer of the value. */
  readonly pointer?: string;
}

/** The same as `file:line:column`, or the file alone. */
export const placeText = ({ file, line, column }: DocumentPlace): string =>
  line === undefined ? file : `${file}:${line}:${column ?? 1}`;
