import picocolors from "picocolors";
import type { Machine, Output } from "./machine.ts";

/** Functions that colour a text, or leave it as it is. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/** Colours for a stream: NO_COLOR and FORCE_COLOR as everywhere, otherwise for a terminal only. */
export function colorsFor(stream: Output, env: Machine["env"], plain: boolean): Colors {
  return picocolors.createColors(!plain && isColorful(stream, env));
}

function isColorful(stream: Output, { NO_COLOR, FORCE_COLOR, TERM }: Machine["env"]): boolean {
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") return FORCE_COLOR !== "0";
  return stream.isTTY && TERM !== "dumb";
}
