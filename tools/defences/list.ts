// Each attack that docs/attacks.md names, the line that refuses it, what the program would be without that
// line, and the test that then fails. `npm run defences` tries them all.
import { bounds } from "./bounds.ts";
import type { Defence } from "./defence.ts";
import { effects } from "./effects.ts";
import { egress } from "./egress.ts";
import { hidden } from "./hidden.ts";
import { keys } from "./keys.ts";
import { looksAtHidden } from "./looks.ts";
import { log } from "./log.ts";
import { mcp } from "./mcp.ts";
import { models } from "./models.ts";
import { records } from "./records.ts";
import { registry } from "./registry.ts";
import { runs } from "./runs.ts";
import { secrets } from "./secrets.ts";
import { securityLog } from "./security-log.ts";
import { stores } from "./stores.ts";
import { simulated } from "./sim.ts";
import { trust } from "./trust.ts";
import { vault } from "./vault.ts";

export const defences: readonly Defence[] = [
  ...records,
  ...keys,
  ...log,
  ...trust,
  ...simulated,
  ...registry,
  ...hidden,
  ...looksAtHidden,
  ...bounds,
  ...effects,
  ...mcp,
  ...models,
  ...egress,
  ...runs,
  ...secrets,
  ...securityLog,
  ...stores,
  ...vault,
];
