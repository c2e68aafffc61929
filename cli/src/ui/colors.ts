import picocolors from "picocolors";

/** Functions that colour a text, or leave it as it is. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/** Colours for a stream: NO_COLOR and FORCE_COLOR as everywhere, otherwise for a terminal only. */
export function colorsFor(stream: NodeJS.WriteStream, plain: boolean): Colors {
  return picocolors.createColors(!plain && isColorful(stream));
}

function isColorful(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") return FORCE_COLOR !== "0";
  // Where the stream is a file or a pipe, isTTY is not false but missing: picocolors would decide.
  return "isTTY" in stream && stream.isTTY && TERM !== "dumb";
}
