/** Numbers of JSON: IEEE 754 doubles, read with correct rounding, written as RFC 8785 says. */
export { parseNumber } from "./parse";
export { formatNumber } from "./format";
