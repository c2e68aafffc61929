import type { Machine, Output } from "./machine.ts";
import { line, styled } from "./text.ts";
import type { SafeText } from "./text.ts";

/** What begins and ends each style, as ANSI codes; one is not put into another. */
const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  magenta: [35, 39],
} as const;

/** Functions that colour a text, or leave it without: escaped in both cases. */
export type Colors = Readonly<Record<keyof typeof STYLES, (text: string | SafeText) => SafeText>>;

/** Colours for a stream: NO_COLOR and FORCE_COLOR as everywhere, otherwise for a terminal only. */
export function colorsFor(stream: Output, env: Machine["env"], plain: boolean): Colors {
  const colorful = !plain && isColorful(stream, env);
  const styles = Object.entries(STYLES).map(([name, [open, close]]) => [
    name,
    (text: string | SafeText) => (colorful ? styled(open, text, close) : line`${text}`),
  ]);
  return Object.fromEntries(styles) as Colors;
}

function isColorful(stream: Output, { NO_COLOR, FORCE_COLOR, TERM }: Machine["env"]): boolean {
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") return FORCE_COLOR !== "0";
  return stream.isTTY && TERM !== "dumb";
}
