// The verdict table: what Reach says of signatures about which Ed25519 verifiers disagree, and of P-256
// signatures that others take. docs/spec/keys.md, KEY-4, shows it; a test holds the two together.
//
// One digest over all verdicts in the order of the vectors says that no two of them were swapped.
import { sha256, toHex, utf8 } from "@reach-fabric/engine";

/** How many of the signatures that have this in common are accepted and refused. */
type Row = readonly [why: string, accepted: number, refused: number];

interface Verdicts {
  readonly rows: readonly Row[];
  /** SHA-256 of a text with a `1` for each that is accepted and a `0` for each that is not. */
  readonly digest: string;
}

/** The table, by suite. */
export const verdictTable: Readonly<Record<string, Verdicts>> = {
  "cctv-ed25519": {
    rows: [
      ["`non_canonical_A`", 0, 226],
      ["else `low_order_A`", 0, 300],
      ["else `low_order_component_A`", 0, 360],
      ["else `non_canonical_R`", 0, 12],
      ["else `low_order_component_R`", 14, 0],
      ["else `low_order_R`", 1, 0],
      ["no flag", 1, 0],
    ],
    digest: "ce91e9b684616d26de9a80a203ca2778f0c5fd6f3ea2dc2f2ef79879e52f6ab1",
  },
  "ed25519-speccheck": {
    rows: [["all twelve", 0, 12]],
    digest: "f7b11509f4d675c3c44f0dd37ca830bb02e8cfa58f04c46283c4bfcbdce1ff45",
  },
  "wycheproof-p256": {
    rows: [
      ["valid, S <= n/2", 103, 0],
      ["valid, S > n/2", 0, 71],
      ["invalid", 0, 310],
    ],
    digest: "ae875511ac2ab78aae9dd6a7ba3da4d9b53d7db1137f3ce0e4150e0dbd96d0cf",
  },
};

/** One signature and what became of it. */
export interface Verdict {
  /** What it has in common with others: a row of the table. */
  readonly why: string;
  readonly accepted: boolean;
}

/** The verdicts of a suite in the form of the table. */
export function tabulated(verdicts: readonly Verdict[]): Verdicts {
  const rows = new Map<string, { accepted: number; refused: number }>();
  for (const { why, accepted } of verdicts) {
    const row = rows.get(why) ?? { accepted: 0, refused: 0 };
    row[accepted ? "accepted" : "refused"] += 1;
    rows.set(why, row);
  }
  const bits = verdicts.map(({ accepted }) => (accepted ? "1" : "0")).join("");
  return {
    rows: [...rows].map(([why, { accepted, refused }]): Row => [why, accepted, refused]),
    digest: toHex(sha256(utf8(bits))),
  };
}

/** What differs from the table: nothing, where all is as it is documented. */
export function unlikeTable(suite: string, verdicts: readonly Verdict[]): string[] {
  const wanted = verdictTable[suite];
  const found = tabulated(verdicts);
  const line = ([why, accepted, refused]: Row): string => `${why}: ${accepted}, ${refused}`;
  const lines = found.rows.map(line);
  const expected = wanted?.rows.map(line) ?? [];
  return [
    ...lines.filter((one) => !expected.includes(one)).map((one) => `not in the table: ${one}`),
    ...expected.filter((one) => !lines.includes(one)).map((one) => `not found: ${one}`),
    ...(found.digest === wanted?.digest ? [] : [`the digest of all verdicts is ${found.digest}`]),
  ];
}

/** The table as docs/spec/keys.md has it. */
export const verdictsAsMarkdown = (): string =>
  [
    "| vectors | | accepted | refused |",
    "| --- | --- | --- | --- |",
    ...Object.entries(verdictTable).flatMap(([suite, { rows, digest }]) => [
      ...rows.map(([why, accepted, refused]) => `| ${suite} | ${why} | ${accepted} | ${refused} |`),
      `| ${suite} | digest | \`${digest.slice(0, 32)}\` | \`${digest.slice(32)}\` |`,
    ]),
  ].join("\n");
