// jq programs beside other expression languages, each from a JSON text to a JSON text.
//
// Whoever can compile has compiled before; the engine keeps the last program. jq itself is measured
// through its library, where Debian's libjq-dev and a C compiler are there.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Environment } from "@marcbachmann/cel-js";
import jqjs from "@michaelhomer/jqjs";
import jsonata from "jsonata";
import { createEngine } from "@reach-fabric/engine";
import type { Engine } from "@reach-fabric/engine";
import { prng } from "./prng.ts";
import type { Contest } from "./harness.ts";

interface Workload {
  readonly name: string;
  readonly input: unknown;
  readonly jq: string;
  readonly jsonata: string;
  /** An expression, and the output's text from its value; undefined where CEL has none. */
  readonly cel?: string;
}

const roll = prng(42);
const round = (x: number): number => Math.round(x * 100) / 100;
const applicant = {
  id: "app-00000042",
  name: "Ada Nguyen",
  score: 712,
  income: { monthly: 4200.5, currency: "EUR", verified: true },
  debt: 950.25,
  requested: 12_000,
  address: { street: "12 Main Street", city: "Lyon", zip: "69001" },
  history: Array.from({ length: 6 }, (_, i) => ({ month: i + 1, balance: round(roll() * 5000) })),
  note: null,
};
const people = Array.from({ length: 1000 }, (_, i) => ({
  id: `p-${i}`,
  region: ["north", "south", "east", "west"][Math.floor(roll() * 4)],
  score: Math.floor(roll() * 850),
  amount: round(roll() * 10_000),
  income: 1000 + Math.floor(roll() * 9000),
}));

const workloads: readonly Workload[] = [
  {
    name: "field",
    input: applicant,
    jq: ".income.monthly",
    jsonata: "income.monthly",
    cel: "input.income.monthly",
  },
  {
    name: "policy",
    input: applicant,
    jq: 'if .score >= 700 and .debt / .income.monthly < 0.4 then "accept" elif .score >= 620 then "refer" else "reject" end',
    jsonata:
      'score >= 700 and debt / income.monthly < 0.4 ? "accept" : score >= 620 ? "refer" : "reject"',
    cel: 'double(input.score) >= 700.0 && input.debt / input.income.monthly < 0.4 ? "accept" : double(input.score) >= 620.0 ? "refer" : "reject"',
  },
  {
    name: "interpolate",
    input: applicant,
    jq: '"\\(.name) (\\(.id)): \\(.score) of \\(.requested)"',
    jsonata: 'name & " (" & id & "): " & score & " of " & requested',
    cel: 'input.name + " (" + input.id + "): " + string(input.score) + " of " + string(input.requested)',
  },
  {
    name: "select/map, 1,000 items",
    input: people,
    jq: "map(select(.score > 600) | {id, ratio: (.amount / .income)})",
    jsonata: '[$[score > 600].{"id": id, "ratio": amount / income}]',
    cel: 'input.filter(p, double(p.score) > 600.0).map(p, {"id": dyn(p.id), "ratio": dyn(double(p.amount) / double(p.income))})',
  },
  {
    name: "group_by, 1,000 items",
    input: people,
    jq: "group_by(.region) | map({region: .[0].region, count: length, top: (map(.score) | max)})",
    jsonata:
      '[$sort($distinct(region)) ~> $map(function($r) { {"region": $r, "count": $count($$[region = $r]), "top": $max($$[region = $r].score)} })]',
  },
  {
    name: "reduce, 100,000 turns",
    input: 100_000,
    jq: "reduce range(.) as $i (0; . + $i)",
    jsonata: "$reduce([0..($ - 1)], function($a, $i) { $a + $i })",
  },
];

/** jq through its library, if it is here: CPU microseconds of one run. */
function libjq(): ((program: string, file: string, times: number) => [string, number]) | undefined {
  const built = join(process.cwd(), "build/bench/libjq");
  if (!existsSync("/usr/include/jq.h")) return undefined;
  const { status } = spawnSync("cc", ["-O2", "-o", built, "bench/libjq.c", "-ljq"]);
  if (status !== 0) return undefined;
  return (program, file, times) => {
    const { stdout } = spawnSync(built, [program, file, String(times)], { encoding: "utf8" });
    const lines = stdout.trimEnd().split("\n");
    return [lines.slice(0, -1).join("\n"), Number(lines.at(-1))];
  };
}

export async function exprContests(make: () => Engine = createEngine): Promise<Contest[]> {
  const engine = make();
  const folder = join(process.cwd(), "build/bench");
  mkdirSync(folder, { recursive: true });
  const native = libjq();
  if (native === undefined) {
    process.stderr.write("NOT RUN: jq's library (apt-get install libjq-dev, and a C compiler)\n");
  }
  const cel = new Environment().registerVariable("input", "dyn");
  const contests: Contest[] = [];
  for (const [i, { name, input, jq, jsonata: query, cel: expression }] of workloads.entries()) {
    const text = JSON.stringify(input);
    const filter = jqjs.compile(jq);
    const asked = jsonata(query);
    const judged = expression === undefined ? undefined : cel.parse(expression);
    const contenders: Contest["contenders"][number][] = [
      { name: "reach", run: () => engine.evaluate(jq, text).outputs[0] },
      {
        name: "jqjs",
        run: () => {
          const [first] = filter(JSON.parse(text));
          return JSON.stringify(first);
        },
      },
      {
        name: "jsonata",
        run: async () => JSON.stringify(await asked.evaluate(JSON.parse(text))),
      },
    ];
    if (judged !== undefined) {
      contenders.push({
        name: "cel-js",
        run: () => JSON.stringify(judged({ input: JSON.parse(text) as unknown })),
      });
    }
    const wanted = plain(String(contenders[0]?.run()));
    for (const each of contenders) {
      const found = plain(String(await each.run()));
      if (found !== wanted) throw new Error(`${name}: ${each.name} gives ${found}, not ${wanted}`);
    }
    if (native !== undefined) {
      const file = join(folder, `expr-${i}.json`);
      writeFileSync(file, text);
      const [output, once] = native(jq, file, 1);
      if (plain(output) !== wanted) throw new Error(`${name}: libjq gives ${output}`);
      const times = Math.max(1, Math.round(60_000 / Math.max(1, once)));
      contenders.push({
        name: "libjq (native)",
        run: () => undefined,
        elsewhere: () => native(jq, file, times)[1],
      });
    }
    contests.push({ name, unit: "evaluations", amount: 1, contenders });
  }
  return contests;
}

/** Numbers as they compare, members in one order: languages print in ways of their own. */
function plain(text: string): string {
  return JSON.stringify(JSON.parse(text), (_, value: unknown) => {
    if (typeof value === "number") return Number(value.toPrecision(14));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
