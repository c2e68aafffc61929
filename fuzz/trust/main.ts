// Histories of operators, thieves, wrong clocks and restored disks: what Reach says of each must be what the model says.
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { Tally } from "./stage.ts";
import type { Said, Share } from "./worker.ts";

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
let [played, said] = [0, start];

function told(message: Said): void {
  if ("played" in message) {
    played += message.played;
    if (values.json || performance.now() - said < 10_000) return;
    said = performance.now();
    process.stdout.write(`${played} of ${histories} histories, ${seconds()} s\n`);
  } else if ("counts" in message) tally.addAll(message.counts);
  else {
    const { number, what, lines } = message;
    const { seed, json } = values;
    const again = `npm run trust-sim -- --seed ${seed} --from ${number} --histories 1`;
    const found = `history ${number} of seed ${seed}: ${what}\nagain: ${again}\n`;
    const text = JSON.stringify({ seed, number, what, lines, again });
    process.stdout.write(json ? `${text}\n` : `${lines.join("\n")}\n\n${found}`);
    process.exit(1);
  }
}

const step = Math.min(histories, availableParallelism(), 8);
const shares = Array.from({ length: step }, (_, i): Share => {
  return { seed: values.seed, from: from + i, to: from + histories, step };
});
await Promise.all(
  shares.map(async (workerData) => {
    const worker = new Worker(new URL("worker.ts", import.meta.url), { workerData });
    worker.on("message", told);
    await once(worker, "exit");
  }),
);
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
