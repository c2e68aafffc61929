// A target with a wrong model: a fuzz run that does not find this fault finds nothing at all.
import { createEngine, fromUtf8 } from "@reach-fabric/engine";
import { texts } from "../arbitraries/json.ts";
import type { Target } from "./registry.ts";

export function canaryTarget(): Target<string> {
  const engine = createEngine();
  return {
    name: "canary",
    arbitrary: texts.filter((text) => !/"|\d{16}/.test(text)),
    check: (text) => {
      // Wrong on purpose: RFC 8785 does not keep the spelling of numbers and spaces.
      let canonical = text;
      try {
        canonical = fromUtf8(engine.canonicalize(text));
      } catch {
        // refused: nothing to compare
      }
      if (canonical !== text) throw new Error(`${text} is not ${canonical}`);
    },
  };
}
