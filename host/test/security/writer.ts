// A process of its own that writes lines into a security log: FILE ACTOR COUNT.
import { createSecurityLog, securityFile } from "@reach-fabric/host/security";

const [path = "", actor = "", count = "1"] = process.argv.slice(2);
const long = Number(process.env["LONG"] ?? 0);
const log = createSecurityLog({
  actor,
  sinks: [securityFile(path)],
  onTrouble: ({ code, why }) => process.stderr.write(`${code} ${why}\n`),
});
for (let i = 0; i < Number(count); i += 1) {
  log.note({
    type: "secret.redeemed",
    outcome: "success",
    secret: actor.repeat(1 + (long > 0 ? long : i % 500)),
    origin: "https://a.example",
  });
}
await log.close();
