// Changes of files of evidence, of which none may pass but the file that was signed.
import { parseArgs } from "node:util";
import { allOthers, changedBytes, changedInside } from "./bytes.ts";
import { allRefused, edits, large, mutations, small, sum } from "./campaign.ts";
import type { Tally } from "./campaign.ts";
import { allVerifiers, said, verifiers } from "./judge.ts";
import { allShownIsSo, hidingChanges, redacted } from "./redacted.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    runs: { type: "string", default: "100000" },
    from: { type: "string", default: "0" },
    only: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const { seed, only } = values;

const campaigns: Readonly<Record<string, readonly [what: string, try_: () => Tally]>> = {
  bytes: [
    `every other value of each of ${small.length} bytes`,
    () => allRefused(small, changedBytes(small, allOthers)),
  ],
  inside: [
    "every other value of each byte of an entry, in a container that fits",
    () => allRefused(small, changedInside(small, allOthers)),
  ],
  edits: [`edits of a file of ${large.length} bytes`, () => allRefused(large, edits(seed, 1000))],
  parts: [
    "changes of parts, also by verifiers that cannot compute the run",
    () =>
      allRefused(small, mutations(seed, Number(values.from), Number(values.runs)), {
        others: true,
      }),
  ],
  "shown bytes": [
    "changed bytes of a redacted file, in a container that fits",
    () => allShownIsSo(changedInside(redacted, (byte) => [byte ^ 1, byte ^ 0x20])),
  ],
  shown: [
    "changes of what a redacted file shows",
    () => {
      const runs = Math.ceil(Number(values.runs) / 10);
      return allShownIsSo(hidingChanges(seed, Number(values.from), runs));
    },
  ],
};

const help = `tamper [--seed TEXT] [--runs N] [--from N] [--only CAMPAIGN]

Changes files of evidence, and says what of each change is found: every byte with all other values, 1,000 edits of a
large file, N changes of parts (100,000 unless it is given, from number 0 or --from on), and a tenth of that of what a
redacted file shows. Exits 1 and says which change it is where one passes. All of it takes long.

Campaigns: ${Object.keys(campaigns).join(", ")}

Examples:
  $ npm run tamper -- --seed 7 --runs 20000 --only parts
  $ npm run tamper -- --only parts --from 4711 --runs 1     one change again
`;
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}
if (only !== undefined && !Object.hasOwn(campaigns, only)) {
  process.stderr.write(`There is no campaign ${only}\n\n${help}`);
  process.exit(2);
}

for (const name of allVerifiers) {
  for (const file of [small, large]) {
    const actual = `${said(file, name, "authentic")}, ${said(file, name, "replayed")}`;
    if (actual !== `pass, ${verifiers[name].replayed}`) {
      throw new Error(`the file itself is judged otherwise by the verifier ${name}: ${actual}`);
    }
  }
}
process.stdout.write(`seed ${seed}; the files themselves pass\n`);
for (const [name, [what, attack]] of Object.entries(campaigns)) {
  if (only !== undefined && only !== name) continue;
  const start = performance.now();
  const tally = attack();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`${name}: ${sum(tally)} ${what}: all refused, ${seconds} s\n`);
  for (const [answer, count] of [...tally].sort(([, a], [, b]) => b - a)) {
    process.stdout.write(`  ${count} authentic: ${answer}\n`);
  }
}
