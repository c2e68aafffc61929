// A report for somebody who has no terminal: one page, no script, nothing that is loaded.
// docs/spec/evidence.md, EVID-33.
import { standingOf } from "../trust/standing.ts";
import type { Finding, Report, Verdict } from "../trust/verdicts.ts";
import { verdicts } from "../trust/verdicts.ts";

/** What a pass of each verdict shows, and what it does not: as docs/spec/evidence.md says it. */
const MEANING: Readonly<Record<Verdict, readonly [shows: string, not: string]>> = {
  authentic: [
    "No byte was changed since the holder of the key named in the file signed it.",
    "Whose key that is; that this is the only file about the run.",
  ],
  trusted: [
    "The policy lets this key sign this, for this tenant, at this time.",
    "That its holder tells the truth.",
  ],
  approved: [
    "The policy allows what decided: the pack and who published it, the workflow, the grant, the limits, the times.",
    "That the rules are good ones; that a publisher's key was nobody else's.",
  ],
  complete: [
    "Everything that entered the run is there, from start to outcome, with its values and its pack.",
    "That no other run took place.",
  ],
  replayed: [
    "From what entered the engine computes every record that was signed, and the decision, again.",
    "That an answer was genuine, or that the world would give it again.",
  ],
  logged: [
    "A log that the policy names has an entry about exactly this evidence.",
    "That the log shows everybody the same.",
  ],
  witnessed: [
    "As many witnesses as the policy asks for had seen the log with it.",
    "That the witnesses are honest together.",
  ],
  redacted: [
    "What is hidden is behind signed commitments, and no digest that is shown confirms guesses of it.",
    "That what is shown does not imply what is hidden.",
  ],
};

/** Characters that could end a text, or turn the direction in which it is read. */
const UNSAFE = /[&<>"'`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const NAMED: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

/** A text for HTML: nothing in it is markup, and nothing in it is invisible. */
const safe = (text: string): string =>
  text.replace(
    UNSAFE,
    (unit) => NAMED[unit] ?? `\\u${(unit.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );

const brief = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "";
  return safe(text.length > 2000 ? `${text.slice(0, 2000)}...` : text);
};

/**
 * One page about what verify() found: what was proven, what was not, and what could not be checked.
 *
 * Guarantees: texts of the evidence are shown and never interpreted; the page has no script and loads
 * nothing.
 *
 * @param about the file's name, and when it was verified
 *
 * @example
 * const at = new Date().toISOString();
 * const page = reportHtml(verify(engine, bytes, { trustedKeys }), { file: "one.reach", at });
 * page.includes("<h1 class=\"pass\">Verified</h1>"); // → true
 */
export function reportHtml(
  report: Report,
  { file, at }: { readonly file: string; readonly at: string },
): string {
  const { required, run, outcome, decision, fingerprint, pack } = report;
  const [kind, head] = headOf(report);
  const facts: [string, string | undefined][] = [
    ["File", file],
    ["Verified at", at],
    ["Workflow", run?.workflow],
    ["Run", run && `${run.id}, attempt ${run.attempt}`],
    ["From", run && `${run.startedAt} to ${run.endedAt}`],
    ["Tenant", run && (run.tenant ?? "not disclosed")],
    ["Actor", run && (run.actor ?? "not disclosed")],
    ["Signed with key", run?.key.id],
    ["Pack", pack?.id && `${pack.id} ${pack.version}`],
    ["Pack digest", run?.pack],
    ["Pack published with key", pack && (pack.publisher?.id ?? "not checked")],
    ["Engine", run?.engine],
    ["Decision digest", run && (decision ?? "not disclosed")],
    ["Fingerprint", run && (fingerprint ?? "not disclosed")],
  ];
  const rows = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`<tr><th>${name}</th><td>${safe(value)}</td></tr>`],
  );
  const proven = verdicts.filter((name) => report.verdicts[name].result === "pass");
  const open = verdicts.filter((name) => report.verdicts[name].result === "not checked");
  const failed = verdicts.filter((name) => report.verdicts[name].result === "fail");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${head}: ${safe(file)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1 class="${kind}">${head}</h1>
${kind === "signer" && run !== undefined ? unknownSigner(run.key.id) : ""}
<p>Required: ${required.join(", ")}.</p>
${failed.length > 0 ? section("What is wrong", failed, report, "fail") : ""}
${proven.length > 0 ? section("What was proven", proven, report, "pass") : ""}
${open.length > 0 ? section("What was not checked", open, report, "open") : ""}
${outcome === undefined ? "" : `<h2>Outcome: ${safe(outcome.status)}</h2><pre>${brief(outcome.output ?? outcome.error ?? "not disclosed")}</pre>`}
<h2>About</h2>
<table>${rows.join("")}</table>
</main>
</body>
</html>
`;
}

/** What the report comes to: a class, which has its own colour, and the words. */
function headOf(report: Report): readonly [kind: string, head: string] {
  const computed = report.verdicts.replayed.result === "pass" ? " and reproduced" : "";
  const heads = {
    verified: ["pass", "Verified"],
    "signer not checked": ["signer", `Intact${computed}; who signed it was not checked`],
    failed: ["fail", "FAILED"],
    "not checked": ["open", "Could not be checked"],
  } as const;
  return heads[standingOf(report)];
}

const unknownSigner = (id: string): string =>
  `<p>Anybody can make such a file with a key of their own. Compare key <code>${safe(id)}</code> with the one that ` +
  "you were given.</p>";

function section(
  title: string,
  names: readonly Verdict[],
  { verdicts: found, required }: Report,
  kind: string,
): string {
  const item = (name: Verdict): string => {
    const { why, code, hint }: Finding = found[name];
    const [shows, not] = MEANING[name];
    const meaning = kind === "pass" ? `<p>${shows} It does not show: ${not}</p>` : "";
    const more = [code, hint].flatMap((text) => (text === undefined ? [] : [safe(text)]));
    return `<li class="${kind}"><b>${name}</b>${required.includes(name) ? " (required)" : ""}: ${safe(why)}${
      more.length > 0 ? ` <i>${more.join("; ")}</i>` : ""
    }${meaning}</li>`;
  };
  return `<h2>${title}</h2><ul>${names.map(item).join("")}</ul>`;
}

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;color:#111;background:#fff}main{max-width:46rem;margin:2rem auto;padding:0 1rem}" +
  "h1{border-left:.5rem solid;padding-left:.75rem}.pass{color:#14532d}.fail{color:#7f1d1d}.open{color:#713f12}.signer{color:#6b21a8}" +
  "li{margin:.5rem 0}li p{margin:.1rem 0;color:#333}table{border-collapse:collapse}th{text-align:left;padding-right:1rem;vertical-align:top}" +
  "td,pre{font-family:ui-monospace,monospace;font-size:.85em;overflow-wrap:anywhere;white-space:pre-wrap}";
