import { CODE, CliError, EXIT } from "../ui/problem.ts";

/** The machine's time as evidence, logs and keyrings write it. */
export const now = (): string => new Date().toISOString();

/** An instant of an option: `2026-11-23T07:00:00.000Z`, or a day, which begins at midnight UTC. */
export function instantOf(text: string, option: string): string {
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00.000Z` : text;
  const time = Date.parse(whole);
  if (!Number.isNaN(time) && new Date(time).toISOString() === whole) return whole;
  throw new CliError({
    code: CODE.usage,
    what: `${option} is not an instant: ${JSON.stringify(text)}`,
    hint: "For example 2026-11-23T07:00:00.000Z, or 2026-11-23 for its beginning, in UTC.",
    exitCode: EXIT.usage,
  });
}

/** The instant so many days after another one. */
export const daysAfter = (instant: string, days: number): string =>
  new Date(Date.parse(instant) + days * 86_400_000).toISOString();
