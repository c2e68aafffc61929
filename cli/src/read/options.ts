import { CODE, CliError, EXIT } from "../ui/problem.ts";

/** Collects an option that may be given again. */
export const several = (value: string, before: string[] | undefined): string[] => [
  ...(before ?? []),
  value,
];

/** A whole number above 0, as an option has it. */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new CliError({
    code: CODE.usage,
    what: `${option} takes a whole number above 0`,
    exitCode: EXIT.usage,
  });
}
