// Texts of others, on their way into records and notes.
import { fromUtf8 } from "@reach-fabric/engine";

/** Without halves of characters. */
export const wellFormed = (text: string): string => fromUtf8(Buffer.from(text));

/** The beginning of a text: no character is cut in two. */
export const cut = (text: string, length: number): string =>
  text.slice(0, isHigh(text.charCodeAt(length - 1)) ? length - 1 : length);

/** True for the first of the two code units of a character beyond the basic plane. */
const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
