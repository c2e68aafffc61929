// Histories of operators, thieves, wrong clocks and restored disks: what Reach says of each must be what the model says.
import { parseArgs } from "node:util";
import { Tally } from "./stage.ts";
import { play } from "./history.ts";

const { values } = parseArgs({
  options: {
    histories: { type: "string", default: "5000" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

const help = `trust-sim [--histories N] [--seed TEXT] [--from N] [--json]

Plays N histories (5000 unless it is given, from number 0 or --from on): operators, thieves with stolen keys, wrong
clocks, witnesses that lie, processes that are killed, disks that are put back. Verifiers judge what comes of them, and
so does a model of plain TypeScript. Exits 1 where the two disagree, with the history and how to play it again.

Examples:
  $ npm run trust-sim -- --histories 500 --seed 7
  $ npm run trust-sim -- --seed 7 --from 211 --histories 1     one history again
`;
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}
const [histories, from] = [Number(values.histories), Number(values.from)];
if (!Number.isSafeInteger(histories) || histories < 1 || !Number.isSafeInteger(from) || from < 0) {
  process.stderr.write(`--histories is a number from 1 on, and --from one from 0 on\n\n${help}`);
  process.exit(2);
}

const tally = new Tally();
const start = performance.now();
const seconds = (): string => ((performance.now() - start) / 1000).toFixed(1);
let said = start;
for (let number = from; number < from + histories; number++) {
  const { lines, error } = play(values.seed, number, tally);
  if (error !== undefined) {
    const what = error instanceof Error ? error.message : "something was thrown";
    const again = `npm run trust-sim -- --seed ${values.seed} --from ${number} --histories 1`;
    if (values.json)
      process.stdout.write(
        `${JSON.stringify({ seed: values.seed, number, what, lines, again })}\n`,
      );
    else
      process.stdout.write(
        `${lines.join("\n")}\n\nhistory ${number} of seed ${values.seed}: ${what}\nagain: ${again}\n`,
      );
    if (process.env["TRUST_STACK"] && error instanceof Error)
      process.stdout.write(`${error.stack}\n`);
    process.exit(1);
  }
  if (!values.json && performance.now() - said > 10_000) {
    said = performance.now();
    process.stdout.write(`${number - from + 1} of ${histories} histories, ${seconds()} s\n`);
  }
}
const counts = Object.fromEntries(
  [...tally.groups].map(([group, all]) => [
    group,
    Object.fromEntries([...all].sort(([, a], [, b]) => b - a)),
  ]),
);
if (values.json)
  process.stdout.write(
    `${JSON.stringify({ seed: values.seed, histories, seconds: Number(seconds()), counts })}\n`,
  );
else {
  for (const [group, all] of Object.entries(counts)) {
    process.stdout.write(`${group}\n`);
    for (const [what, count] of Object.entries(all))
      process.stdout.write(`  ${String(count).padStart(7)} ${what}\n`);
  }
  process.stdout.write(
    `${histories} histories of seed ${values.seed}: Reach and the model agree, ${seconds()} s\n`,
  );
}
