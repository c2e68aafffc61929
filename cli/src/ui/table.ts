import { joined, line, safe } from "./text.ts";
import type { SafeText } from "./text.ts";

/** A cell: text, and how it is coloured once its width is known. */
interface Cell {
  readonly text: string;
  readonly paint: (text: string) => SafeText;
}

type Row = readonly (string | Cell)[];

/** Rows as aligned columns under a heading, each line indented by two spaces. */
export function headedColumns(head: readonly string[], rows: readonly Row[]): SafeText {
  return columns([head, ...rows]);
}

/** The same without a heading. */
export function columns(rows: readonly Row[]): SafeText {
  const cells = rows.map((row) => row.map(toCell));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, width(cell));
    }
  }
  return joined(
    cells.map((row) => {
      // A cell that is followed by empty ones alone needs no padding.
      const last = row.findLastIndex(({ text }) => text !== "");
      return joined(
        row.slice(0, last + 1).map((cell, column) => {
          const pad = " ".repeat((widths[column] ?? 0) - width(cell));
          return line`  ${cell.paint(cell.text)}${column === last ? "" : pad}`;
        }),
        "",
      );
    }),
  );
}

const plain = (text: string): SafeText => line`${text}`;

function toCell(cell: string | Cell): Cell {
  if (typeof cell === "string") return { text: safe(cell), paint: plain };
  return { text: safe(cell.text), paint: cell.paint };
}

const width = ({ text }: Cell): number => Array.from(text).length;
