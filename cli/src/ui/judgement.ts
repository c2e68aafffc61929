// What a verification found, as people read it: of evidence, of a step, of a pack.
import type { Judgement } from "@reach-fabric/evidence";
import { CODE, EXIT } from "./problem.ts";
import type { CliProblem } from "./problem.ts";
import { headedColumns } from "./table.ts";
import type { Terminal } from "./terminal.ts";
import type { SafeText } from "./text.ts";

/** A line for each verdict. */
export function verdictTable<V extends string>(
  { colors: { green, red, yellow } }: Terminal,
  { verdicts, required }: Judgement<V>,
): SafeText {
  const paints = { pass: green, fail: red, "not checked": yellow };
  const rows = (Object.keys(verdicts) as V[]).map((name) => {
    const { result, why } = verdicts[name];
    const label = required.includes(name) ? `${name} *` : name;
    return [label, { text: result, paint: paints[result] }, why];
  });
  return headedColumns(["verdict (* required)", "result", "why"], rows);
}

/** The first required verdict that did not pass, as the error that the command ends with. */
export function problemOfJudgement<V extends string>(
  what: string,
  file: string,
  { verdicts, required, exitCode }: Judgement<V>,
  run?: string,
): CliProblem {
  const failed = exitCode === EXIT.failed;
  const name = required.find((each) => verdicts[each].result === (failed ? "fail" : "not checked"));
  if (name === undefined) throw new TypeError(`${what} passes`);
  const { code = CODE.unchecked, why, hint } = verdicts[name];
  return {
    code,
    what: failed
      ? `This ${what} does not verify: ${name} failed`
      : `This ${what} could not be checked: ${name}`,
    where: file,
    why,
    ...(hint === undefined ? {} : { hint }),
    exitCode,
    unmet: unmetOf({ verdicts, required }, run),
  };
}

/** What the security log notes of a verification that does not pass. */
export function unmetOf<V extends string>(
  { verdicts, required }: Pick<Judgement<V>, "verdicts" | "required">,
  run?: string,
): NonNullable<CliProblem["unmet"]> {
  const names = required.filter((name) => verdicts[name].result !== "pass");
  const codes = [...new Set(names.flatMap((name) => verdicts[name].code ?? []))];
  return { verdicts: [...names], codes, ...(run === undefined ? {} : { run }) };
}
