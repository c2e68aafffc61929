import { safe } from "./text.ts";

/** A cell: text, and how it is coloured once its width is known. */
interface Cell {
  readonly text: string;
  readonly paint: (text: string) => string;
}

type Row = readonly (string | Cell)[];

/** Rows as aligned columns under a heading, each line indented by two spaces. */
export function table(head: readonly string[], rows: readonly Row[]): string {
  return columns([head, ...rows]);
}

/** The same without a heading. */
export function columns(rows: readonly Row[]): string {
  const cells = rows.map((row) => row.map(toCell));
  const count = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...cells.map((row) => width(row[column]))),
  );
  return cells
    .map((row) => {
      const line = row.map((cell, column) => {
        const pad = " ".repeat((widths[column] ?? 0) - width(cell));
        return column === row.length - 1 ? cell.paint(cell.text) : cell.paint(cell.text) + pad;
      });
      return `  ${line.join("  ")}`.trimEnd();
    })
    .join("\n");
}

function toCell(cell: string | Cell): Cell {
  if (typeof cell === "string") return { text: safe(cell), paint: String };
  return { text: safe(cell.text), paint: cell.paint };
}

const width = (cell: Cell | undefined): number => Array.from(cell?.text ?? "").length;
